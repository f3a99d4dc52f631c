import { createJobActivities } from '../../../functions/activities/job';
import { submitJob } from '../../../functions/jobs/submit-job';
import { JobRequest } from '../../../shared/contracts';
import { newJobStatus, submissionIdOf } from '../../../shared/domain';
import { jobInstanceId } from '../../../shared/durable';
import { deliveriesTo, jobNamed, message, type Message } from './deliveries';
import { Crashed, usePretendApp, type Crash, type PretendApp } from './pretend-app';

let pretend: PretendApp;
usePretendApp((made) => (pretend = made));

const { deliver, kept, replies } = deliveriesTo(() => pretend);

/** Delivers as a host does that is stopped in the middle once. */
async function deliverThrough(sent: Message, crash: Crash): Promise<{ hasCrashed: boolean }> {
  pretend.crash(crash);
  const hasCrashed = await deliver(sent).then(
    () => false,
    (error: unknown) => {
      if (!(error instanceof Crashed)) throw error;
      return true;
    },
  );
  pretend.crash(undefined);
  if (hasCrashed) await deliver(sent, 2);
  return { hasCrashed };
}

test.each(['before', 'after'] as const)(
  'a crash %s any call leads to one job, started, and told of at least once',
  async (when) => {
    let crashes = 0;
    for (let at = 1; ; at++) {
      const name = `crash-${when}-${at}`;
      const replyTo = { queue: `replies-${name}` };
      const sent = message({ version: 1, job: jobNamed(name), replyTo });
      const { hasCrashed } = await deliverThrough(sent, { at, when });
      const jobs = await pretend.jobsNamed(name);
      expect([name, jobs.length]).toEqual([name, 1]);
      const { jobId, replies: promised } = jobs[0]!;
      expect(await kept(sent)).toMatchObject({ state: 'accepted', jobId, isReplied: true });
      expect(promised).toHaveLength(1);
      expect(pretend.started.has(jobInstanceId(jobId))).toBe(true);
      const told = await replies(replyTo);
      expect(told.length).toBeGreaterThanOrEqual(1);
      expect(new Set(told.map(({ job }) => job?.id))).toEqual(new Set([jobId]));
      if (!hasCrashed) break;
      crashes++;
    }
    expect(crashes).toBeGreaterThan(12);
  },
  60_000,
);

test('a message that comes twice, and its key by HTTP, are one job', async () => {
  const sent = message({ version: 1, job: jobNamed('twice'), idempotencyKey: 'twice-key' });
  await deliver(sent);
  await deliver(sent, 2);
  await deliver(message({ version: 1, job: jobNamed('twice'), idempotencyKey: 'twice-key' }));
  const request = JobRequest.parse(jobNamed('twice'));
  const byHttp = await submitJob(pretend.app, pretend.durable, { request, key: 'twice-key' });
  const jobs = await pretend.jobsNamed('twice');
  expect(jobs.map(({ jobId }) => jobId)).toEqual([byHttp.jobId]);
  expect((await kept(sent)).jobId).toBe(byHttp.jobId);
});

test('two messages that say the same are two jobs', async () => {
  await deliver(message(jobNamed('same')));
  await deliver(message(jobNamed('same')));
  expect(await pretend.jobsNamed('same')).toHaveLength(2);
});

test('another job under a used key is rejected, and the first stands', async () => {
  await deliver(message({ version: 1, job: jobNamed('first'), idempotencyKey: 'reused' }));
  const second = message({ version: 1, job: jobNamed('second'), idempotencyKey: 'reused' });
  await deliver(second);
  expect(await kept(second)).toMatchObject({
    state: 'rejected',
    problems: [{ code: 'IdempotencyKeyReused' }],
  });
  expect(await pretend.jobsNamed('second')).toEqual([]);
});

test('what is rejected is told with its problems, and stays rejected when the message comes again', async () => {
  const replyTo = { queue: 'replies-rejected' };
  const job = { ...jobNamed('unknown'), target: { scaleSet: 'nope' } };
  const sent = message({ version: 1, job, replyTo });
  await deliver(sent);
  await deliver(sent, 2);
  const problems = [{ code: 'ScaleSetNotFound', target: 'target.scaleSet', message: expect.any(String) }];
  expect(await kept(sent)).toMatchObject({ state: 'rejected', jobId: null, problems });
  expect(await replies(replyTo)).toMatchObject([{ event: 'rejected', job: null, problems }]);
});

describe('a job in a blob', () => {
  const put = (name: string, body: string) =>
    pretend.storage.blobs
      .getContainerClient('job-submissions')
      .getBlockBlobClient(name)
      .upload(body, Buffer.byteLength(body));

  test('of nearly 4 MiB is made', async () => {
    const script = `: ${'x'.repeat(1024 * 1024 - 2)}`;
    const environmentVariables = Object.fromEntries(
      Array.from({ length: 90 }, (_, number) => [`V${number}`, 'y'.repeat(32_768)]),
    );
    await put('big.json', JSON.stringify({ ...jobNamed('big'), run: { script }, environmentVariables }));
    const sent = message({ version: 1, jobBlob: { name: 'big.json' } });
    await deliver(sent);
    expect(await kept(sent)).toMatchObject({ state: 'accepted', problems: [] });
    const [job] = await pretend.jobsNamed('big');
    const specification = await pretend.app.jobOutput(job!.owner).getSpecification(job!.jobId);
    expect(specification?.environmentVariables.V89).toHaveLength(32_768);
  }, 30_000);

  test.each([
    ['is not there', undefined, 'BlobNotFound', 'jobBlob.name'],
    ['has more than 4 MiB', ' '.repeat(4 * 1024 * 1024 + 1), 'PayloadTooLarge', 'jobBlob.name'],
    ['is not JSON', '{', 'InvalidJson', 'jobBlob'],
    ['is no job', '{}', 'MissingField', 'target'],
  ])('that %s is rejected', async (what, body, code, target) => {
    const name = `${what.replaceAll(' ', '-')}.json`;
    if (body !== undefined) await put(name, body);
    const sent = message({ version: 1, jobBlob: { name } });
    await deliver(sent);
    const { state, problems } = await kept(sent);
    expect([state, problems[0]]).toMatchObject(['rejected', { code, target }]);
  });

  test('that is gone or changed when the message comes again is the job that was made', async () => {
    await put('passing.json', JSON.stringify(jobNamed('passing')));
    const sent = message({ version: 1, jobBlob: { name: 'passing.json' } });
    pretend.crash(undefined);
    await deliver(sent);
    const calls = pretend.calls();
    for (const change of [
      () => put('passing.json', JSON.stringify(jobNamed('other'))),
      () => put('passing.json', ''),
    ]) {
      await put('passing.json', JSON.stringify(jobNamed('passing-2')));
      const again = message({ version: 1, jobBlob: { name: 'passing.json' } });
      // Its last call but one: the job is there, not yet started, and what became of it not yet written.
      pretend.crash({ at: calls - 1, when: 'before' });
      await expect(deliver(again)).rejects.toThrow(Crashed);
      pretend.crash(undefined);
      await change();
      await deliver(again, 2);
      expect(await kept(again)).toMatchObject({ state: 'accepted' });
    }
    expect(await pretend.jobsNamed('passing-2')).toHaveLength(2);
    expect(await pretend.jobsNamed('other')).toEqual([]);
  });
});

describe("a job's end", () => {
  const jobNamedLast = async (name: string) => (await pretend.jobsNamed(name)).at(-1)!;
  const begin = async (name: string): Promise<void> => {
    const job = await jobNamedLast(name);
    const status = { ...newJobStatus(job), state: 'running' as const };
    const { recordJob } = createJobActivities(pretend.app);
    await recordJob({ jobId: job.jobId, status, isFinished: false, isNew: true });
  };
  const end = async (name: string): Promise<void> => {
    const job = await jobNamedLast(name);
    const status = { ...newJobStatus(job), state: 'succeeded' as const, endedAt: new Date().toISOString() };
    const { recordJob } = createJobActivities(pretend.app);
    await recordJob({ jobId: job.jobId, status, isFinished: true });
  };

  test('is told to queue and blob, and a late repeat does not write over it', async () => {
    const [queue, blob] = [{ queue: 'replies-ended' }, { blob: 'team/ended.json' }];
    const sent = message({ version: 1, job: jobNamed('ended'), replyTo: queue, idempotencyKey: 'ended' });
    const other = message({ version: 1, job: jobNamed('ended'), replyTo: blob, idempotencyKey: 'ended' });
    await deliver(sent);
    await deliver(other);
    expect(await replies(blob)).toMatchObject([{ event: 'accepted', job: { state: 'starting' } }]);
    await end('ended');
    expect((await replies(queue)).map(({ event }) => event)).toEqual(['accepted', 'ended']);
    expect(await replies(blob)).toMatchObject([{ event: 'ended', job: { state: 'succeeded' } }]);
    const late = {
      version: 1 as const,
      submissionId: submissionIdOf(other),
      at: '',
      job: null,
      problems: [],
    };
    await pretend.app.submissions.reply(blob, { ...late, event: 'accepted' });
    expect(await replies(blob)).toMatchObject([{ event: 'ended' }]);
  });

  test('is told at once to a submission that comes after it', async () => {
    const replyTo = { queue: 'replies-late' };
    await deliver(message({ version: 1, job: jobNamed('late'), idempotencyKey: 'late' }));
    await end('late');
    await deliver(message({ version: 1, job: jobNamed('late'), idempotencyKey: 'late', replyTo }));
    expect((await replies(replyTo)).map(({ event }) => event)).toEqual(['accepted', 'ended']);
  });

  test('is told again where telling it failed, and the job is not closed before', async () => {
    const replyTo = { queue: 'replies-again' };
    await deliver(message({ version: 1, job: jobNamed('again'), replyTo }));
    await begin('again');
    const { jobId } = (await pretend.jobsNamed('again'))[0]!;
    for (let at = 1; at <= 4; at++) {
      pretend.crash({ at, when: 'before' });
      await end('again').catch(() => undefined);
      pretend.crash(undefined);
      expect(await pretend.app.records.get('jobs', 'open', jobId)).toBeDefined();
    }
    await end('again');
    expect(await pretend.app.records.get('jobs', 'open', jobId)).toBeUndefined();
    const told = (await replies(replyTo)).map(({ event }) => event);
    expect(told.filter((event) => event === 'ended').length).toBeGreaterThanOrEqual(1);
  });
});
