import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { CostMeter } from './cost-meter';
import type { OutputResult } from './report';
import { componentOf, scaleSet, type JobsStack } from './stack';

const pageBytes = 16 * 2 ** 20;
/** Sixteen bytes a line, so that any size that is a power of two ends with a line. */
const line = '0123456789abcde\n';

/** One task writes so many bytes to stdout, as fast as it is let; they are then read back and compared. */
export async function measureOutput(stack: JobsStack, bytes: number): Promise<OutputResult> {
  const { client } = stack;
  const meter = new CostMeter(stack);
  try {
    const agent = theAgent(stack);
    const before = memoryMiB(agent, 'VmRSS');
    const script = `yes '${line.trim()}' | head -c ${bytes}`;
    let id = '';
    const began = performance.now();
    let seconds = NaN;
    const cost = await meter.costOf(async () => {
      ({ id } = await client.submitJob({ target: { scaleSet }, run: { script } }));
      let job = await client.waitForJob(id, 200);
      while (job.endedAt === null) job = await client.waitForJob(id, 200);
      seconds = (performance.now() - began) / 1000;
      if (job.state !== 'succeeded') throw new Error(`The job has ${job.state}.`);
    });
    const peak = memoryMiB(agent, 'VmHWM');
    await compare(stack, id, bytes);
    const appends = cost.storage['blob: PUT'] ?? 0;
    const { storageOperations } = cost;
    return { bytes, seconds, appends, storageOperations, agentMiB: { before, peak } };
  } finally {
    meter.close();
  }
}

async function compare({ client }: JobsStack, id: string, bytes: number): Promise<void> {
  const [expected, actual] = [createHash('sha256'), createHash('sha256')];
  const page = line.repeat(pageBytes / line.length);
  let read = 0;
  while (read < bytes) {
    const part = await client.readOutput(id, {
      task: 0,
      stream: 'stdout',
      offset: read,
      length: pageBytes,
    });
    if (part.length === 0) break;
    actual.update(part);
    expected.update(page.slice(0, part.length));
    read += part.length;
  }
  if (read !== bytes || actual.digest('hex') !== expected.digest('hex'))
    throw new Error(`The ${read} bytes that were read back are not the ${bytes} that were written.`);
}

/** The process of the only VM's agent: its VM's first process is a child of the simulator's. */
function theAgent(stack: JobsStack): number {
  const simulator = componentOf(stack, 'simulator').pid;
  const found = readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    const text = textOf(`/proc/${entry}/cmdline`).split('\0');
    const isAgent = text.some((word) => word.endsWith('agent.cjs')) && !text.includes('launch');
    return isAgent && isBelow(entry, simulator);
  });
  if (found.length !== 1) throw new Error(`There are ${found.length} agents of this stack, not one.`);
  return Number(found[0]);
}

function isBelow(pid: string, ancestor: number): boolean {
  const stat = textOf(`/proc/${pid}/stat`);
  const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
  if (!parent || parent === '0') return false;
  return Number(parent) === ancestor || isBelow(parent, ancestor);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function memoryMiB(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const kB = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kB ?? NaN) / 1024);
}
