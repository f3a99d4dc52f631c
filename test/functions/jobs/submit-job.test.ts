import { submitJob } from '../../../functions/jobs/submit-job';
import { JobRequest } from '../../../shared/contracts';
import { jobInstanceId } from '../../../shared/durable';
import { Crashed, usePretendApp, type PretendApp } from '../submissions/pretend-app';

let pretend: PretendApp;
usePretendApp((made) => (pretend = made));

/** One whose tasks are sent with it, and one whose tasks its orchestrator sends. */
const counts = [1, 100];
const crashes = counts.flatMap((count) =>
  Array.from({ length: 8 }, (_, at) =>
    (['before', 'after'] as const).map((when) => ({ count, at: at + 1, when })),
  ).flat(),
);
const request = (name: string, count: number): JobRequest =>
  JobRequest.parse({ name, target: { scaleSet: 'cbox' }, run: { program: 'true' }, array: { count } });

async function submit(name: string, count: number, key?: string): Promise<unknown> {
  const { app, durable } = pretend;
  return submitJob(app, durable, { request: request(name, count), key }).catch((error: unknown) => error);
}

describe('a submission that dies anywhere', () => {
  test.each(crashes)('$when call $at of $count tasks leaves no row that nobody serves', async (crash) => {
    const name = `served-${crash.count}-${crash.at}-${crash.when}`;
    pretend.crash(crash);
    const first = await submit(name, crash.count);
    if (first instanceof Error) expect(first).toBeInstanceOf(Crashed);
    pretend.crash(undefined);
    for (const { jobId } of await pretend.jobsNamed(name)) {
      const mark = await pretend.app.records.get('jobs', 'open', jobId);
      expect(mark !== undefined || pretend.started.has(jobInstanceId(jobId))).toBe(true);
    }
  });

  test.each(crashes)(
    '$when call $at of $count tasks is one job that is served when it is sent again',
    async (crash) => {
      const name = `again-${crash.count}-${crash.at}-${crash.when}`;
      pretend.crash(crash);
      await submit(name, crash.count, name);
      pretend.crash(undefined);
      expect(await submit(name, crash.count, name)).toMatchObject({ name });
      const jobs = await pretend.jobsNamed(name);
      expect(jobs).toHaveLength(1);
      expect(pretend.started.has(jobInstanceId(jobs[0]!.jobId))).toBe(true);
    },
  );
});

test('a short job costs four calls: its target, its orchestrator, its row, and its message', async () => {
  await submit('counted', 1);
  expect(pretend.calls()).toBe(4);
});
