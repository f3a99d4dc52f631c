import { createHash } from 'node:crypto';
import { dropAbandoned } from '../../../functions/jobs/job-inputs';
import { submitJob } from '../../../functions/jobs/submit-job';
import type { OpenMark } from '../../../functions/records/jobs';
import { inputBlob, jobPrefix, JobRequest } from '../../../shared/contracts';
import { ownerContainerName, type JobRow } from '../../../shared/domain';
import { Crashed, usePretendApp, type PretendApp } from '../submissions/pretend-app';

jest.mock('durable-functions', () => ({
  OrchestrationRuntimeStatus: { Running: 'Running' },
  input: { durableClient: () => ({}) },
}));

let pretend: PretendApp;
usePretendApp((made) => (pretend = made));

const owner = { kind: 'scale-set' as const, name: 'cbox', incarnation: 'aaaaaaaa' };
const secret = 'value of a bundle';
const body = Buffer.from('an input');
const sha256 = createHash('sha256').update(body).digest('hex');
const request = (name: string) =>
  JobRequest.parse({
    name,
    target: { scaleSet: 'cbox' },
    run: { program: 'true' },
    inputs: [{ kind: 'file', path: 'file', sha256 }],
    bundle: 'mine',
  });

beforeAll(async () => {
  const { app } = pretend;
  await app.content.put(sha256, body);
  const files = [{ name: 'file', sha256, bytes: body.length }];
  const updatedAt = '2026-01-01T00:00:00Z';
  await app.bundles.put({ id: 'mine', variables: { secret }, files, updatedAt, expiresAt: null });
});

async function blobsOf(jobId: string): Promise<string[]> {
  const container = pretend.storage.blobs.getContainerClient(ownerContainerName(owner));
  if (!(await container.exists())) return [];
  const names: string[] = [];
  for await (const { name } of container.listBlobsFlat({ prefix: jobPrefix(jobId) })) names.push(name);
  return names.map((name) => name.slice(jobPrefix(jobId).length)).sort();
}
const all = ['bundle/files/file', 'bundle/variables.json', inputBlob('', sha256).slice(jobPrefix('').length)];

async function jobIds(): Promise<string[]> {
  const marks = await pretend.app.records.list<OpenMark>('jobs', 'open');
  return marks.map(({ key }) => key);
}

const crashes = Array.from({ length: 24 }, (_, at) =>
  (['before', 'after'] as const).map((when) => ({ at: at + 1, when })),
).flat();

describe('a submission that dies anywhere', () => {
  test.each(crashes)(
    '$when call $at, sent again under its key, is one job with all that was sent along',
    async (crash) => {
      const { app, durable } = pretend;
      const name = `again-${crash.at}-${crash.when}`;
      const submission = { request: request(name), key: name };
      pretend.crash(crash);
      const first = await submitJob(app, durable, submission).catch((error: unknown) => error);
      if (first instanceof Error) expect(first).toBeInstanceOf(Crashed);
      pretend.crash(undefined);
      const { jobId } = await submitJob(app, durable, submission);
      expect((await pretend.jobsNamed(name)).map((row) => row.jobId)).toEqual([jobId]);
      expect(await blobsOf(jobId)).toEqual(all);
    },
  );

  test.each(crashes)('$when call $at, and not sent again, leaves nothing of it for long', async (crash) => {
    const { app, durable } = pretend;
    const before = new Set(await jobIds());
    pretend.crash(crash);
    await submitJob(app, durable, { request: request('once'), key: undefined }).catch(() => undefined);
    pretend.crash(undefined);
    const made = (await jobIds()).filter((jobId) => !before.has(jobId));
    const later = { ...app, clock: { now: () => Date.now() + 2 * 3_600_000 } };
    for (const jobId of made) {
      const row = await app.records.get<JobRow>('jobs', 'job', jobId);
      // A job that was written goes its way; its orchestrator removes them.
      if (row) return expect(row.value.hasInputs).toBe(true);
      const mark = await app.records.get<OpenMark>('jobs', 'open', jobId);
      await dropAbandoned(app, jobId, mark!.value);
      expect(await jobIds()).toContain(jobId);
      await dropAbandoned(later, jobId, mark!.value);
      expect(await blobsOf(jobId)).toEqual([]);
      expect(await jobIds()).not.toContain(jobId);
    }
  });
});

test('no value of a bundle is in a row, nor in what the job’s workers are told', async () => {
  const { app, durable, storage } = pretend;
  const row = await submitJob(app, durable, { request: request('kept'), key: 'kept' });
  expect(JSON.stringify(row)).not.toContain(secret);
  expect(row.specification).toMatchObject({
    inputs: [{ kind: 'file', path: 'file', sha256, bytes: body.length, executable: false }],
    bundle: { files: [{ name: 'file', sha256, bytes: body.length }] },
  });
  for (const name of ['jobs', 'tasks', 'resources'] as const)
    for await (const entity of storage.table(name).listEntities())
      expect(JSON.stringify(entity)).not.toContain(secret);
});

test('copies are removed as often as asked', async () => {
  const { app, durable } = pretend;
  const { jobId } = await submitJob(app, durable, { request: request('removed'), key: 'removed' });
  await app.jobInputs(owner).remove(jobId);
  await app.jobInputs(owner).remove(jobId);
  expect(await blobsOf(jobId)).toEqual([]);
});

test('a bundle is not for a job that submits by its token', async () => {
  const { app, durable } = pretend;
  const submitted = submitJob(app, durable, { request: request('job'), key: undefined, callerJob: 'job-1' });
  await expect(submitted).rejects.toMatchObject({ status: 403, code: 'OutOfScope' });
});
