import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../scripts/stack/free-port';
import { projectRoot } from '../../scripts/stack/project-root';
import { eventually, startLocalStack, text, type LocalStack } from '../support/local-stack';

const folder = join(projectRoot(), 'examples', 'dask');
// Debian's own Python: another one on the PATH would not have Debian's Dask.
const python = '/usr/bin/python3';
let stack: LocalStack;
let scheduler: ChildProcess;
let address: string;

beforeAll(async () => {
  stack = await startLocalStack();
  const port = await freePort();
  address = `tcp://127.0.0.1:${port}`;
  const options = ['--host', '127.0.0.1', '--port', String(port), '--no-dashboard', '--no-show'];
  scheduler = spawn(python, ['/usr/bin/dask-scheduler', ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
  const lines = createInterface({ input: scheduler.stderr! });
  for await (const line of lines) if (line.includes('Scheduler at:')) break;
  scheduler.stderr!.resume();
}, 90_000);
afterAll(async () => {
  await stack?.dispose();
  if (scheduler?.exitCode === null) {
    const ended = once(scheduler, 'exit');
    scheduler.kill('SIGTERM');
    await ended;
  }
});

/** The lines of JSON that run.py prints, as they come. */
function runClient(...given: string[]): { lines: AsyncIterator<string>; ended: Promise<number | null> } {
  const child = spawn(python, [join(folder, 'run.py'), address, ...given], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  return { lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](), ended };
}

test('a Dask scheduler gets its workers from a scale set, and maps over 100 inputs while the set grows', async () => {
  const given = readFileSync(join(folder, 'scale-set.json'), 'utf8').replace('tcp://ADDRESS:8786', address);
  await stack.client.putScaleSet(
    'dask',
    JSON.parse(given) as Parameters<LocalStack['client']['putScaleSet']>[1],
  );
  expect(await stack.client.waitForScaleSet('dask', { for: 'ready', timeoutSeconds: 60 })).toBe(true);

  const client = runClient('--wait-for', '2');
  const begun = JSON.parse((await client.lines.next()).value as string) as { begun: number };
  expect(begun.begun).toBe(2);
  await stack.client.growScaleSet('dask', 2);
  const result = JSON.parse((await client.lines.next()).value as string) as {
    sum: number;
    workers: string[];
  };
  expect(await client.ended).toBe(0);
  expect(result.sum).toBe(328_350);
  // Those that came while it ran took part, each under the number that Muster gave it.
  expect(result.workers).toEqual(['0', '1', '2', '3']);

  const [worker] = await stack.client.listWorkers('dask');
  const log = text(await stack.client.readWorkerOutput('dask', worker!.id, { stream: 'stdout' }));
  expect(log).toContain('Registered to:');
  await stack.client.deleteScaleSet('dask');
  await eventually('all gone', async () => (await stack.client.getScaleSet('dask')) === undefined);
}, 120_000);
