import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../../host/statistics';
import { inLanes } from '../../lanes';
import type { SlurmClient } from './client';
import { Outputs } from './outputs';

/** Where outputs go, and how jobs get to Slurm. */
export interface Site {
  client: SlurmClient;
  folder: string;
}

export interface Latency {
  count: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
}

export interface Rate {
  count: number;
  seconds: number;
  perSecond: number;
}

/** One job after the other, each submitted the moment the output of the one before is there. */
export function inARow({ client, folder }: Site, count: number): Promise<Latency> {
  return Outputs.use(folder, async (outputs) => {
    await atRest(client);
    const tookMs: number[] = [];
    for (let index = 0; index < count; index += 1) tookMs.push(await oneJob(client, outputs, index));
    await client.drained();
    return latencyOf(tookMs);
  });
}

/** Each job alone. */
export function alone({ client, folder }: Site, count: number): Promise<Latency> {
  return Outputs.use(folder, async (outputs) => {
    const tookMs: number[] = [];
    for (let index = 0; index < count; index += 1) {
      await atRest(client);
      tookMs.push(await oneJob(client, outputs, index));
    }
    return latencyOf(tookMs);
  });
}

/** Slurm has nothing left to do, and its scheduler, which wakes once a second, did so at no particular moment. */
async function atRest(client: SlurmClient): Promise<void> {
  await client.drained();
  await delay(Math.random() * 1000);
}

/** From the start of sbatch until it has ended and the output is complete, whichever is later. */
async function oneJob(client: SlurmClient, outputs: Outputs, index: number): Promise<number> {
  const begun = performance.now();
  await Promise.all([client.submit('echo hello', outputs.file(index)), outputs.whenHolds(index, 'hello\n')]);
  return performance.now() - begun;
}

/** The same with srun, from its start until it has ended. */
export async function interactive({ client }: Site, count: number): Promise<Latency> {
  const tookMs: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const begun = performance.now();
    const output = await client.runNow('echo', 'hello');
    tookMs.push(performance.now() - begun);
    if (output !== 'hello\n') throw new Error(`srun wrote ${JSON.stringify(output)}.`);
  }
  await client.drained();
  return latencyOf(tookMs);
}

/** One array job, from the start of sbatch until every task's output is complete. */
export function arrayOf({ client, folder }: Site, count: number): Promise<Rate> {
  return Outputs.use(folder, async (outputs) => {
    await atRest(client);
    const rate = await rateOf(count, async () => {
      await client.submit('echo hello $SLURM_ARRAY_TASK_ID', outputs.file('%a'), `--array=0-${count - 1}`);
      await outputs.allHold(count, (index) => `hello ${index}\n`);
    });
    await client.drained();
    return rate;
  });
}

/** A call of sbatch for every job, some at once, until every output is complete. */
export function separately({ client, folder }: Site, count: number, atOnce: number): Promise<Rate> {
  return Outputs.use(folder, async (outputs) => {
    await atRest(client);
    const rate = await rateOf(count, () =>
      Promise.all([
        inLanes(count, atOnce, (index) => client.submit('echo hello', outputs.file(index))),
        outputs.allHold(count, () => 'hello\n'),
      ]),
    );
    await client.drained();
    return rate;
  });
}

async function rateOf(count: number, work: () => Promise<unknown>): Promise<Rate> {
  const begun = performance.now();
  await work();
  const seconds = (performance.now() - begun) / 1000;
  return { count, seconds, perSecond: count / seconds };
}

function latencyOf(tookMs: number[]): Latency {
  const [p50Ms = NaN, p95Ms = NaN, p99Ms = NaN] = [50, 95, 99].map((percent) => percentile(tookMs, percent));
  return { count: tookMs.length, p50Ms, p95Ms, p99Ms };
}
