import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../host/statistics';
import type { LatencyResult, Spread } from './report';
import { scaleSet, type JobsStack } from './stack';

/** How long a job's end is waited for; far beyond what it takes. */
const waitSeconds = 60;

/** So many jobs, each alone: submitted up to a second after the one before has been read, as Slurm's are. */
export async function measureLatency({ client }: JobsStack, count: number): Promise<LatencyResult> {
  const toRunning: number[] = [];
  const toReadable: number[] = [];
  const fromExit: number[] = [];
  for (let index = 0; index < count; index++) {
    await delay(Math.random() * 1000);
    const began = Date.now();
    const { id } = await client.submitJob({
      target: { scaleSet },
      run: { program: 'echo', arguments: ['hello'] },
    });
    const { state } = await client.waitForJob(id, waitSeconds);
    const stdout = Buffer.from(await client.readOutput(id, { task: 0, stream: 'stdout' })).toString();
    const readAt = Date.now();
    if (state !== 'succeeded' || stdout !== 'hello\n')
      throw new Error(`Job ${id} has ${state} and wrote ${JSON.stringify(stdout)}.`);
    const [task] = await client.listTasks(id);
    toRunning.push(Date.parse(task?.startedAt ?? '') - began);
    fromExit.push(readAt - Date.parse(task?.endedAt ?? ''));
    toReadable.push(readAt - began);
  }
  return {
    submitToRunning: spreadOf(toRunning),
    exitToReadable: spreadOf(fromExit),
    submitToReadable: spreadOf(toReadable),
  };
}

function spreadOf(tookMs: number[]): Spread {
  const [p50 = NaN, p95 = NaN, p99 = NaN] = [50, 95, 99].map((percent) => percentile(tookMs, percent));
  return { count: tookMs.length, p50, p95, p99 };
}
