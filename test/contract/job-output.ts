import {
  outputBlob,
  resultBatchBlob,
  type ResultBatch,
  type AttemptName,
  type JobSpecification,
  type OutputStream,
  type KeptResult,
} from '../../shared/contracts';
import type { JobOutput } from '../../shared/ports';

/** The port, and how a worker's side writes: the blob is made where it is missing. */
export interface JobOutputUnderTest {
  output: JobOutput;
  append(blob: string, text: string): Promise<void>;
  write(blob: string, text: string): Promise<void>;
}

const attemptOf = (jobId: string, changes: Partial<AttemptName> = {}): AttemptName => ({
  jobId,
  task: 0,
  retry: 0,
  attemptId: '001-abcdefabcdef',
  ...changes,
});

const resultOf = (jobId: string): KeptResult => ({
  version: 1,
  jobId,
  task: 3,
  retry: 1,
  attemptId: '001-abcdefabcdef',
  worker: 'cbox_0:0',
  end: 'exited',
  exitCode: 0,
  signal: null,
  message: 'exited with 0',
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:00:01.000Z',
  stdoutBytes: 1,
  stderrBytes: 0,
  outputIn: 'result',
  output: { stdout: 'eA==', stderr: '' },
});

const batchOf = (jobId: string, first: number): string =>
  resultBatchBlob({ jobId, first, last: first, retry: 0, batchId: '001-abcdefabcdef-0' });

export function defineJobOutputContract(name: string, make: () => Promise<JobOutputUnderTest>): void {
  let made: JobOutputUnderTest;
  let count = 0;
  let jobId: string;
  beforeAll(async () => {
    made = await make();
  });
  beforeEach(() => {
    count += 1;
    jobId = `job-${count}`;
  });
  const read = async (
    stream: OutputStream,
    range: { start: number; end?: number },
    attempt = attemptOf(jobId),
  ) => {
    const { body, ...rest } = await made.output.readStream(attempt, stream, range);
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return { ...rest, text: Buffer.concat(chunks).toString() };
  };

  describe(`${name}: specifications and results`, () => {
    test('reads back a specification, and the later of two', async () => {
      const specification: JobSpecification = {
        version: 1,
        jobId,
        taskCount: 2,
        run: { script: 'echo ä 😀', interpreter: ['/bin/sh'] },
        environmentVariables: { A: 'b' },
        maxAttempts: 10,
        failsOnEviction: false,
        wakeWithinMs: 2000,
      };
      await made.output.putSpecification(specification);
      await made.output.putSpecification({ ...specification, taskCount: 3 });
      expect(await made.output.getSpecification(jobId)).toEqual({ ...specification, taskCount: 3 });
    });

    test('answers undefined for what is not there', async () => {
      expect(await made.output.getSpecification(jobId)).toBeUndefined();
      expect(await made.output.getResultBatch(batchOf(jobId, 0))).toBeUndefined();
      expect(await made.output.listResultBatches(jobId)).toEqual([]);
    });

    test('reads the results that a worker wrote, and lists them by task', async () => {
      const batch: ResultBatch = { version: 1, results: [resultOf(jobId)] };
      await made.write(batchOf(jobId, 12), JSON.stringify(batch));
      await made.write(batchOf(jobId, 3), JSON.stringify(batch));
      expect(await made.output.listResultBatches(jobId)).toEqual([batchOf(jobId, 3), batchOf(jobId, 12)]);
      expect(await made.output.getResultBatch(batchOf(jobId, 3))).toEqual(batch);
      expect(await made.output.listResultBatches(`${jobId}0`)).toEqual([]);
    });

    test('names the blob that holds no usable results', async () => {
      await made.write(batchOf(jobId, 3), '{"version":1}');
      await expect(made.output.getResultBatch(batchOf(jobId, 3))).rejects.toThrow(/results\/000003-000003/);
    });
  });

  describe(`${name}: streams`, () => {
    test('joins the segments of a stream in order', async () => {
      await made.append(outputBlob(attemptOf(jobId), 'stdout', 0), 'first ');
      await made.append(outputBlob(attemptOf(jobId), 'stdout', 1), 'second ');
      await made.append(outputBlob(attemptOf(jobId), 'stdout', 2), 'third');
      await made.append(outputBlob(attemptOf(jobId), 'stderr', 0), 'other');
      expect(await read('stdout', { start: 0 })).toEqual({
        start: 0,
        end: 18,
        totalBytes: 18,
        text: 'first second third',
      });
    });

    test.each<[{ start: number; end?: number }, string]>([
      [{ start: 0, end: 6 }, 'first '],
      [{ start: 3, end: 9 }, 'st sec'],
      [{ start: 6, end: 13 }, 'second '],
      [{ start: 17 }, 'd'],
      [{ start: 4, end: 4 }, ''],
      [{ start: 12, end: 1_000 }, ' third'],
    ])('reads the range %j across segments', async (range, text) => {
      await made.append(outputBlob(attemptOf(jobId), 'stdout', 0), 'first ');
      await made.append(outputBlob(attemptOf(jobId), 'stdout', 1), 'second ');
      await made.append(outputBlob(attemptOf(jobId), 'stdout', 2), 'third');
      const end = Math.min(range.end ?? 18, 18);
      expect(await read('stdout', range)).toEqual({ start: range.start, end, totalBytes: 18, text });
    });

    test('answers nothing beyond the end, and says how much there is', async () => {
      await made.append(outputBlob(attemptOf(jobId), 'stdout', 0), 'abc');
      expect(await read('stdout', { start: 10, end: 20 })).toEqual({
        start: 10,
        end: 10,
        totalBytes: 3,
        text: '',
      });
    });

    test('takes a stream without a blob for empty', async () => {
      expect(await read('stderr', { start: 0 })).toEqual({ start: 0, end: 0, totalBytes: 0, text: '' });
    });

    test('refuses a negative start', async () => {
      await expect(read('stdout', { start: -1 })).rejects.toThrow(RangeError);
    });

    test('shows what was appended since, byte for byte, when read on from the last end', async () => {
      const blob = outputBlob(attemptOf(jobId), 'stdout', 0);
      await made.append(blob, 'one\n');
      const first = await read('stdout', { start: 0 });
      await made.append(blob, 'two ä\n');
      expect((await read('stdout', { start: first.end })).text).toBe('two ä\n');
    });

    test('hands out a long stream piece by piece', async () => {
      const part = 'x'.repeat(3_000_000);
      const blob = outputBlob(attemptOf(jobId), 'stdout', 0);
      await made.append(blob, part);
      await made.append(blob, part);
      const { body, totalBytes } = await made.output.readStream(attemptOf(jobId), 'stdout', { start: 0 });
      const sizes: number[] = [];
      for await (const chunk of body) sizes.push(chunk.length);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(totalBytes);
      expect(Math.max(...sizes)).toBeLessThan(1_000_000);
    });

    test('keeps attempts apart, also where one name begins another', async () => {
      await made.append(outputBlob(attemptOf(jobId), 'stdout', 0), 'one');
      const other = attemptOf(jobId, { attemptId: '001-abcdefabcdef2' });
      await made.append(outputBlob(other, 'stdout', 0), 'two');
      expect((await read('stdout', { start: 0 })).text).toBe('one');
      expect((await read('stdout', { start: 0 }, other)).text).toBe('two');
    });
  });

  describe(`${name}: listings`, () => {
    test('lists attempts with their sizes, of one task or of the job', async () => {
      const early = attemptOf(jobId, { task: 1 });
      const late = attemptOf(jobId, { task: 1, attemptId: '002-abcdefabcdef' });
      const other = attemptOf(jobId, { task: 12, retry: 2 });
      await made.append(outputBlob(early, 'stdout', 0), '12345');
      await made.append(outputBlob(early, 'stdout', 1), '678');
      await made.append(outputBlob(early, 'stderr', 0), '1');
      await made.append(outputBlob(late, 'stderr', 0), '');
      await made.append(outputBlob(other, 'stdout', 0), '12');
      await made.write(`jobs/${jobId}/tasks/000001/000/unknown`, 'passed over');

      const createdAt = expect.stringMatching(/^\d{4}-.*Z$/) as string;
      const attemptsOfTask1 = [
        { ...early, stdoutBytes: 8, stderrBytes: 1, createdAt, segments: { stdout: [5, 3], stderr: [1] } },
        { ...late, stdoutBytes: 0, stderrBytes: 0, createdAt, segments: { stdout: [], stderr: [0] } },
      ];
      expect(await made.output.listAttempts(jobId, 1)).toEqual(attemptsOfTask1);
      expect(await made.output.listAttempts(jobId)).toEqual([
        ...attemptsOfTask1,
        { ...other, stdoutBytes: 2, stderrBytes: 0, createdAt, segments: { stdout: [2], stderr: [] } },
      ]);
    });

    test('lists the attempts of a hundred tasks', async () => {
      for (const task of [99, 100, 199, 200])
        await made.append(outputBlob(attemptOf(jobId, { task }), 'stdout', 0), '1');
      const listed = await made.output.listAttempts(jobId, { hundred: 1 });
      expect(listed.map(({ task }) => task)).toEqual([100, 199]);
    });

    test('reads a stream by the segments that were listed, without those that came since', async () => {
      const attempt = attemptOf(jobId);
      await made.append(outputBlob(attempt, 'stdout', 0), '12345');
      await made.append(outputBlob(attempt, 'stdout', 1), '678');
      const [listed] = await made.output.listAttempts(jobId, 0);
      await made.append(outputBlob(attempt, 'stdout', 1), '9');
      const { segments } = listed!;
      const { body, ...rest } = await made.output.readStream(attempt, 'stdout', {
        start: 3,
        segments: segments.stdout,
      });
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      expect([Buffer.concat(chunks).toString(), rest]).toEqual([
        '45678',
        { start: 3, end: 8, totalBytes: 8 },
      ]);
    });

    test('lists the results that may hold those of one task', async () => {
      const blobs = [0, 99, 150, 250].map((first) => batchOf(jobId, first));
      for (const blob of blobs) await made.write(blob, '{}');
      expect(await made.output.listResultBatches(jobId, 120)).toEqual(blobs.slice(0, 3));
    });

    test('removes all of a job and of no other, so many blobs at a time, and leaves the cancel mark if it is to', async () => {
      const other = `${jobId}0`;
      for (const task of [0, 1, 2, 3])
        await made.append(outputBlob(attemptOf(jobId, { task }), 'stdout', 0), 'x');
      await made.append(outputBlob(attemptOf(other), 'stdout', 0), 'x');
      await made.output.putCancelMark(jobId, { graceMs: null });
      expect(await made.output.removeJob(jobId, { most: 3, keepMark: true })).toBe(false);
      expect(await made.output.listAttempts(jobId)).toHaveLength(1);
      expect(await made.output.removeJob(jobId, { most: 3, keepMark: true })).toBe(true);
      expect(await made.output.listAttempts(jobId)).toEqual([]);
      expect(await made.output.removeJob(jobId, { most: 1, keepMark: true })).toBe(true);
      expect(await made.output.removeJob(jobId, { most: 1, keepMark: false })).toBe(true);
      expect(await made.output.listAttempts(other)).toHaveLength(1);
    });

    test('lists nothing of a job without output, nor of one whose name begins another', async () => {
      await made.append(outputBlob(attemptOf(`${jobId}0`), 'stdout', 0), 'x');
      expect(await made.output.listAttempts(jobId)).toEqual([]);
    });
  });
}
