import { inLanes } from '../lanes';
import { scaleSet, type JobsStack } from './stack';

const waitSeconds = 100;
/** Calls of the API at the same time. */
export const lanes = 8;

/** What was measured, and a look at whether it was done. */
export interface Run {
  perSecond: number;
  check(): Promise<void>;
}

/** One array job: tasks per second, from the call of POST until its end was seen. */
export async function runArray({ client }: JobsStack, count: number): Promise<Run> {
  const began = performance.now();
  const { id } = await client.submitJob({
    target: { scaleSet },
    array: { count },
    run: { script: 'echo hello $MUSTER_TASK_INDEX' },
  });
  const { state } = await waitForEnd(client, id);
  const seconds = (performance.now() - began) / 1000;
  if (state !== 'succeeded') throw new Error(`The array ${id} has ${state}.`);
  const check = (): Promise<void> =>
    inLanes(count, lanes, (task) => expectStdout(client, { id, task }, `hello ${task}\n`));
  return { perSecond: count / seconds, check };
}

/** So many jobs of one task: jobs per second, from the first POST until the end of the last one was seen. */
export async function runSeparate({ client }: JobsStack, count: number): Promise<Run> {
  const began = performance.now();
  const ids: string[] = [];
  await inLanes(count, lanes, async () => {
    const { id } = await client.submitJob({
      target: { scaleSet },
      run: { program: 'echo', arguments: ['hello'] },
    });
    ids.push(id);
  });
  await waitForAll(client, new Set(ids));
  const seconds = (performance.now() - began) / 1000;
  const check = (): Promise<void> =>
    inLanes(count, lanes, (index) => expectStdout(client, { id: ids[index]!, task: 0 }, 'hello\n'));
  return { perSecond: count / seconds, check };
}

async function expectStdout(
  client: JobsStack['client'],
  { id, task }: { id: string; task: number },
  expected: string,
): Promise<void> {
  const stdout = Buffer.from(await client.readOutput(id, { task, stream: 'stdout' })).toString();
  if (stdout !== expected) throw new Error(`Task ${task} of ${id} wrote ${JSON.stringify(stdout)}.`);
}

/** Waits for the last one, then looks at all of them together; one that is late is waited for too. */
async function waitForAll(client: JobsStack['client'], ids: Set<string>): Promise<void> {
  for (let open = [...ids].at(-1); open !== undefined;) {
    await waitForEnd(client, open);
    const jobs = (await client.listJobs({ scaleSet })).filter(({ id }) => ids.has(id));
    const failed = jobs.find(({ endedAt, state }) => endedAt !== null && state !== 'succeeded');
    if (failed) throw new Error(`Job ${failed.id} has ${failed.state}.`);
    open = jobs.find(({ endedAt }) => endedAt === null)?.id;
  }
}

async function waitForEnd(
  client: JobsStack['client'],
  id: string,
): ReturnType<JobsStack['client']['waitForJob']> {
  for (;;) {
    const job = await client.waitForJob(id, waitSeconds);
    if (job.endedAt !== null) return job;
  }
}
