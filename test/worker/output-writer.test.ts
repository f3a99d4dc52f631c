import { randomBytes } from 'node:crypto';
import { outputBlob } from '../../shared/contracts/blob-names';
import { StorageAccess } from '../../worker/storage/access';
import { JobBlobs } from '../../worker/storage/job-blobs';
import { OutputConflictError, OutputWriter, type OutputLimits } from '../../worker/task/output-stream';
import { startAzurite, type RunningAzurite } from '../support/azurite';
import { Storage } from './support/storage';

let azurite: RunningAzurite;
let storage: Storage;
let blobs: JobBlobs;
beforeAll(async () => {
  azurite = await startAzurite();
  storage = await Storage.create(azurite.connectionString, 'writer');
  const port = (url: string): number => Number(new URL(url).port);
  const access = await storage.access({ blob: port(storage.jobs.url), queue: port(storage.work.url) });
  const retry = {
    delays: { baseMs: 1, maxMs: 10 },
    log: () => undefined,
    cutOff: new AbortController().signal,
  };
  blobs = new JobBlobs(
    new StorageAccess(access as unknown as ConstructorParameters<typeof StorageAccess>[0]),
    retry,
  );
});
afterAll(() => azurite.stop());

const limits: OutputLimits = {
  flushMs: 5,
  flushBytes: 10,
  heldBytes: 100,
  blockBytes: 10,
  appendsPerSegment: 3,
};
const nameOf = (jobId: string) => ({ jobId, task: 0, retry: 0, attemptId: '001-abc' });
const writerOf = (jobId: string): OutputWriter =>
  new OutputWriter(blobs, { blobOf: (number) => outputBlob(nameOf(jobId), 'stdout', number) }, limits);
const segment = (jobId: string, number: number): Promise<Buffer> =>
  storage.jobs.getBlobClient(outputBlob(nameOf(jobId), 'stdout', number)).downloadToBuffer();

describe('an output stream', () => {
  it('goes on in the next segment when a blob has taken its appends', async () => {
    const writer = writerOf('segments');
    await writer.open();
    const bytes = randomBytes(75);
    await writer.write(bytes);
    await writer.finish();
    const segments = [
      await segment('segments', 0),
      await segment('segments', 1),
      await segment('segments', 2),
    ];
    expect(segments.map((one) => one.length)).toEqual([30, 30, 15]);
    expect(Buffer.concat(segments)).toEqual(bytes);
    expect(writer.written).toBe(75);
  });

  it('writes what is there after the flush time, without waiting for more', async () => {
    const writer = writerOf('flush');
    await writer.open();
    await writer.write(Buffer.from('few'));
    while (writer.written === 0) await new Promise((resolve) => setImmediate(resolve));
    expect((await segment('flush', 0)).toString()).toBe('few');
    await writer.finish();
  });

  it('is an empty blob when nothing was written', async () => {
    const writer = writerOf('empty');
    await writer.open();
    await writer.finish();
    const blob = storage.jobs.getBlobClient(outputBlob(nameOf('empty'), 'stdout', 0));
    expect((await blob.getProperties()).contentLength).toBe(0);
  });

  it('refuses a blob that has bytes it did not write, at the start and later', async () => {
    const name = outputBlob(nameOf('conflict'), 'stdout', 0);
    const first = writerOf('conflict');
    await first.open();
    await storage.jobs.getAppendBlobClient(name).appendBlock('foreign', 7);
    await expect(writerOf('conflict').open()).rejects.toThrow(OutputConflictError);
    await first.write(Buffer.from('mine'));
    await expect(first.finish()).rejects.toThrow(OutputConflictError);
    expect((await segment('conflict', 0)).toString()).toBe('foreign');
  });

  it('lets a waiting writer go when it fails, so that the task can end', async () => {
    const writer = writerOf('failing');
    await writer.open();
    await storage.jobs.getBlobClient(outputBlob(nameOf('failing'), 'stdout', 0)).delete();
    await writer.write(randomBytes(500));
    await writer.write(randomBytes(500));
    await expect(writer.finish()).rejects.toMatchObject({ statusCode: 404 });
  });
});
