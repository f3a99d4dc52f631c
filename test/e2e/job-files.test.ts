import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TableClient, TableServiceClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import type { z } from 'zod';
import type { JobRequest } from '../../shared/contracts';
import { eventually, startLocalStack, text, type LocalStack } from '../support/local-stack';
import { packFolder } from '../support/packed-folder';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack({ MUSTER_OUTPUT_FILES: '5', MUSTER_REDIRECT_BYTES: '100000' });
  await stack.client.putScaleSet('cbox', { template: 'cbox', capacity: 1, workersPerInstance: 2 });
  await stack.client.waitForScaleSet('cbox');
}, 90_000);
afterAll(() => stack?.dispose());

type Asked = Omit<z.input<typeof JobRequest>, 'target'>;
const target = { scaleSet: 'cbox' };

async function run(request: Asked) {
  const { id } = await stack.client.submitJob({ target, ...request });
  const job = await eventually(`job ${id} ended`, async () => {
    const view = await stack.client.waitForJob(id, 5);
    return view.endedAt === null ? false : view;
  });
  const stdout = text(await stack.client.readOutput(id, { task: 0, stream: 'stdout' }));
  return { id, job, stdout, tasks: await stack.client.listTasks(id) };
}

const call = (method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
  fetch(new URL(path, stack.url), {
    method,
    redirect: 'manual',
    headers: { 'x-functions-key': stack.key, ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
const problem = async (response: Response) => {
  const { error } = (await response.json()) as {
    error: { code: string; target?: string; details?: { target: string }[] };
  };
  return [response.status, error.code, error.details?.map((detail) => detail.target) ?? error.target];
};
const hashOf = (body: string | Uint8Array): string => createHash('sha256').update(body).digest('hex');

/** Every blob of the account whose name or bytes hold these words, but for the bundle's own. */
async function blobsWith(words: string): Promise<string[]> {
  const service = BlobServiceClient.fromConnectionString(stack.storage);
  const found: string[] = [];
  for await (const { name: container } of service.listContainers()) {
    const client = service.getContainerClient(container);
    for await (const { name, properties } of client.listBlobsFlat()) {
      const isShort = (properties.contentLength ?? 0) > 0 && (properties.contentLength ?? 0) < 1_000_000;
      const body = isShort ? (await client.getBlobClient(name).downloadToBuffer()).toString() : '';
      if (body.includes(words)) found.push(`${container}/${name}`);
    }
  }
  return found;
}

/** Rows of all tables that hold these words. */
async function rowsWith(words: string): Promise<string[]> {
  const options = { allowInsecureConnection: true };
  const service = TableServiceClient.fromConnectionString(stack.storage, options);
  const found: string[] = [];
  for await (const { name } of service.listTables()) {
    const table = TableClient.fromConnectionString(stack.storage, name!, options);
    for await (const row of table.listEntities())
      if (JSON.stringify(row).includes(words)) found.push(`${name}/${row.partitionKey}/${row.rowKey}`);
  }
  return found;
}

/** Files of the stack, but for those of the storage service, that hold these words. */
function filesWith(words: string): string[] {
  return readdirSync(stack.stateFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(join(stack.stateFolder, 'storage')))
    .filter((file) => holds(file, words));
}

function holds(file: string, words: string): boolean {
  try {
    return readFileSync(file).includes(words);
  } catch {
    // Gone meanwhile.
    return false;
  }
}

describe('output files', () => {
  test('of each task are listed, and read whole and by ranges', async () => {
    const { id, job } = await run({
      array: { count: 2 },
      run: { script: 'mkdir outputs/sub; printf "task $MUSTER_TASK_INDEX" > "outputs/sub/a b%.txt"' },
    });
    expect(job.state).toBe('succeeded');
    for (const task of [0, 1]) {
      const files = await stack.client.listOutputs(id, { task });
      expect(files).toMatchObject([{ name: 'sub/a b%.txt', bytes: 6 }]);
      expect(text(await stack.client.readOutputFile(id, { task, path: 'sub/a b%.txt' }))).toBe(
        `task ${task}`,
      );
    }
    const path = `/api/jobs/${id}/tasks/1/outputs/sub/${encodeURIComponent('a b%.txt')}`;
    const part = await call('GET', path, undefined, { range: 'bytes=5-' });
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
      206,
      'bytes 5-5/6',
      '1',
    ]);
    expect(await (await call('GET', `${path}?offset=1&length=3`)).text()).toBe('ask');
    expect(await problem(await call('GET', `/api/jobs/${id}/tasks/0/outputs/none`))).toEqual([
      404,
      'OutputFileNotFound',
      'path',
    ]);
    expect(await problem(await call('GET', `/api/jobs/${id}/tasks/2/outputs`))).toEqual([
      404,
      'TaskNotFound',
      'task',
    ]);
  });

  test('that are long are read from storage, by a link', async () => {
    const { id } = await run({ run: { script: 'head -c 3000000 /dev/zero > outputs/zeros' } });
    const answer = await call('GET', `/api/jobs/${id}/tasks/0/outputs/zeros`);
    const location = answer.headers.get('location')!;
    expect([answer.status, location]).toEqual([307, expect.stringContaining('sig=')]);
    expect((await (await fetch(location)).arrayBuffer()).byteLength).toBe(3_000_000);
    const read = await stack.client.readOutputFile(id, { task: 0, path: 'zeros' });
    expect(Buffer.from(read).equals(Buffer.alloc(3_000_000))).toBe(true);
    const part = await call('GET', `/api/jobs/${id}/tasks/0/outputs/zeros`, undefined, {
      range: 'bytes=0-99',
    });
    expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 100]);
  });

  test('are there page by page, of the attempt that counts or of the one named', async () => {
    const { id, job, tasks } = await run({
      retry: { limit: 1 },
      run: { script: 'touch "outputs/$MUSTER_TASK_RETRY.1" outputs/2; [ "$MUSTER_TASK_RETRY" = 1 ]' },
    });
    expect(job.state).toBe('succeeded');
    const names = async (attempt?: string): Promise<string[]> =>
      (await stack.client.listOutputs(id, { task: 0, ...(attempt && { attempt }) })).map((file) => file.name);
    expect(await names()).toEqual(['1.1', '2']);
    const attempts = await stack.client.listAttempts(id, 0);
    const first = attempts.find((attempt) => attempt.attemptId !== tasks[0]!.attemptId)!;
    expect(await names(first.attemptId)).toEqual(['0.1', '2']);
    const page = (await (await call('GET', `/api/jobs/${id}/tasks/0/outputs?top=1`)).json()) as {
      value: unknown[];
      nextLink: string;
    };
    expect(page).toMatchObject({ attemptId: tasks[0]!.attemptId, value: [{ name: '1.1' }] });
    const next = await fetch(page.nextLink, { headers: { 'x-functions-key': stack.key } });
    expect(await next.json()).toMatchObject({ value: [{ name: '2' }] });
    const unknown = await call('GET', `/api/jobs/${id}/tasks/0/outputs?attempt=none`);
    expect(await problem(unknown)).toEqual([404, 'AttemptNotFound', 'attempt']);
  });

  test('past the limit make the task fail, and it says so', async () => {
    const { id, job, tasks } = await run({ run: { script: 'cd outputs; touch 1 2 3 4 5 6' } });
    expect(job.state).toBe('failed');
    expect(tasks[0]).toMatchObject({
      state: 'failed',
      end: 'outputs-exceeded',
      message: expect.stringContaining('more than 5'),
    });
    expect(await stack.client.listOutputs(id, { task: 0 })).toHaveLength(5);
  });
});

describe('inputs', () => {
  test('a folder that is sent along runs, with a file beside it; the copies go with the end of the job', async () => {
    const { body, sha256 } = await packFolder({
      'run.sh': '#!/bin/sh\ncat data/word "$1" > outputs/out; cat outputs/out\n',
      'data/word': 'hello ',
    });
    expect(await stack.client.putContent(body)).toEqual({ sha256, bytes: body.length });
    const file = join(stack.stateFolder, 'sent');
    writeFileSync(file, 'world');
    const sent = await stack.client.putContent({ file });
    expect(await stack.client.getContent(sent.sha256)).toMatchObject({ sha256: hashOf('world'), bytes: 5 });
    const { id, job, stdout } = await run({
      inputs: [
        { kind: 'folder', sha256 },
        { kind: 'file', sha256: sent.sha256, path: 'some/where.txt' },
      ],
      run: { program: './run.sh', arguments: ['some/where.txt'] },
    });
    expect(job.state).toBe('succeeded');
    expect(stdout).toBe('hello world');
    expect(text(await stack.client.readOutputFile(id, { task: 0, path: 'out' }))).toBe('hello world');
    const left = (await blobsWith('world')).filter((name) => name.includes('/inputs/'));
    expect(left).toEqual([]);
  });

  test('of many megabytes are sent in blocks, past the app', async () => {
    const body = Buffer.alloc(70 * 2 ** 20, 'block by block ');
    const { sha256, bytes } = await stack.client.putContent(body);
    expect(await stack.client.getContent(sha256)).toMatchObject({ bytes });
    const inputs = [{ kind: 'file' as const, sha256, path: 'large' }];
    const { stdout } = await run({ inputs, run: { script: 'sha256sum < large' } });
    expect(stdout).toContain(sha256);
    await stack.client.deleteContent(sha256);
  });

  test('reach a job whatever becomes of the content after its submission', async () => {
    const { sha256 } = await stack.client.putContent(Buffer.from('kept for the job'));
    const blocker = await stack.client.submitJob({
      target,
      array: { count: 2 },
      run: { script: 'sleep 1.5' },
    });
    const { id } = await stack.client.submitJob({
      target,
      inputs: [{ kind: 'file', sha256, path: 'file' }],
      run: { program: 'cat', arguments: ['file'] },
    });
    await stack.client.deleteContent(sha256);
    expect(await stack.client.getContent(sha256)).toBeUndefined();
    await eventually('both ended', async () => {
      const jobs = await Promise.all([blocker.id, id].map((one) => stack.client.waitForJob(one, 5)));
      return jobs.every((job) => job.endedAt !== null);
    });
    expect(text(await stack.client.readOutput(id, { task: 0, stream: 'stdout' }))).toBe('kept for the job');
  });

  test('a content is sent once, and no other length passes for it', async () => {
    const content = { sha256: hashOf('once'), bytes: 4 };
    const first = await (await call('POST', '/api/contents', content)).json();
    expect(first).toMatchObject({ state: 'wanted', upload: { method: 'PUT' } });
    const { url, headers } = (first as { upload: { url: string; headers: Record<string, string> } }).upload;
    expect((await fetch(url, { method: 'PUT', headers, body: 'once' })).status).toBe(201);
    expect((await fetch(url)).status).toBe(403);
    expect(await (await call('POST', '/api/contents', content)).json()).toEqual({
      ...content,
      state: 'present',
      upload: null,
    });
    expect((await call('HEAD', `/api/contents/${content.sha256}`)).headers.get('x-muster-total-bytes')).toBe(
      '4',
    );
    const other = await call('POST', '/api/contents', { ...content, bytes: 5 });
    expect(await problem(other)).toEqual([409, 'ContentMismatch', 'bytes']);
    const missing = await call('HEAD', `/api/contents/${hashOf('never')}`);
    expect(missing.status).toBe(404);
  });

  test('a job that names what is not there is 400 with each of it, and nothing is made', async () => {
    const before = (await stack.client.listJobs()).length;
    const inputs = ['a', 'b'].map((letter) => ({
      kind: 'file' as const,
      path: letter,
      sha256: hashOf(letter),
    }));
    const response = await call('POST', '/api/jobs', { target, run: { program: 'true' }, inputs });
    expect(await problem(response)).toEqual([
      400,
      'ContentNotFound',
      ['inputs[0].sha256', 'inputs[1].sha256'],
    ]);
    expect((await stack.client.listJobs()).length).toBe(before);
  });

  test.each([
    ['a path that leads out', { kind: 'file', path: '../x' }, 'inputs[0].path'],
    ['an absolute path', { kind: 'file', path: '/etc/x' }, 'inputs[0].path'],
    ['a path among the outputs', { kind: 'file', path: 'outputs/x' }, 'inputs[0].path'],
    ['an unknown kind', { kind: 'tree', path: 'x' }, 'inputs[0].kind'],
    ['a hash that is none', { kind: 'file', path: 'x', sha256: 'abc' }, 'inputs[0].sha256'],
  ])('%s is 400', async (_what, input, where) => {
    const body = { target, run: { program: 'true' }, inputs: [{ sha256: hashOf('x'), ...input }] };
    const [status, code, targets] = await problem(await call('POST', '/api/jobs', body));
    expect([status, code]).toEqual([400, 'InvalidRequest']);
    expect(targets).toContain(where);
  });
});

describe('bundles', () => {
  const secret = 'open sesame, said the test';

  test('reach the tasks of a job as files and variables; their values are told to nobody else', async () => {
    const large = await stack.client.putContent(Buffer.alloc(300_000, 'large'));
    const view = await stack.client.putBundle('mine', {
      variables: { phrase: secret, depth: 3, list: [1, 2] },
      files: [
        { name: 'short.bin', base64: Buffer.from([1, 2, 3]).toString('base64') },
        { name: 'large.bin', sha256: large.sha256 },
      ],
    });
    expect(view).toMatchObject({
      id: 'mine',
      variables: [
        { name: 'phrase', bytes: secret.length + 2 },
        { name: 'depth', bytes: 1 },
        { name: 'list', bytes: 5 },
      ],
      files: [
        { name: 'short.bin', bytes: 3 },
        { name: 'large.bin', bytes: 300_000 },
      ],
    });
    expect(await stack.client.getBundle('MINE')).toEqual(view);
    expect(await stack.client.listBundles()).toEqual([view]);
    expect(JSON.stringify(view)).not.toContain(secret);

    const { id, job, stdout } = await run({
      bundle: 'mine',
      maskOutput: true,
      run: {
        script:
          'echo "$MUSTER_VAR_phrase|$MUSTER_VAR_depth"; wc -c < "$MUSTER_BUNDLE/large.bin"; sha256sum < "$MUSTER_BUNDLE/variables.json"',
      },
    });
    expect(job.state).toBe('succeeded');
    const [variables, bytes, hash] = stdout.split('\n');
    expect([variables, bytes]).toEqual(['***|3', '300000']);
    expect(hash).toContain(hashOf(JSON.stringify({ phrase: secret, depth: 3, list: [1, 2] })));

    // The job's copy is gone with its end; what is left is the bundle itself.
    expect(await blobsWith(secret)).toEqual(['bundles/mine.json']);
    const told = [job, await stack.client.listTasks(id), await stack.client.getJob(id)];
    expect(JSON.stringify(told)).not.toContain(secret);
    expect(await rowsWith(secret)).toEqual([]);
    // Durable histories, logs, and the VM, which keeps it for the next task of the job for a moment.
    expect(filesWith('jobOrchestrator')).not.toEqual([]);
    await eventually('it is on no disk', async () => filesWith(secret).length === 0);
  });

  test('that are replaced or deleted do not change a job that was submitted before', async () => {
    await stack.client.putBundle('changing', { variables: { word: 'first word' } });
    const blocker = await stack.client.submitJob({
      target,
      array: { count: 2 },
      run: { script: 'sleep 1.5' },
    });
    const script = 'echo "$MUSTER_VAR_word"';
    const before = await stack.client.submitJob({ target, bundle: 'changing', run: { script } });
    await stack.client.putBundle('changing', { variables: { word: 'second word' } });
    const after = await stack.client.submitJob({ target, bundle: 'changing', run: { script } });
    await stack.client.deleteBundle('changing');
    expect(await stack.client.getBundle('changing')).toBeUndefined();
    const read = async (id: string): Promise<string> => {
      await eventually('it ended', async () => (await stack.client.waitForJob(id, 5)).endedAt !== null);
      return text(await stack.client.readOutput(id, { task: 0, stream: 'stdout' }));
    };
    expect([await read(before.id), await read(after.id)]).toEqual(['first word\n', 'second word\n']);
    await read(blocker.id);
  });

  test('a deleted one takes its files along, unless another needs them; a content in use is not deleted', async () => {
    const { sha256 } = await stack.client.putContent(Buffer.from('shared by two'));
    const files = [{ name: 'file', sha256 }];
    await stack.client.putBundle('one', { files });
    await stack.client.putBundle('two', { files });
    await expect(stack.client.deleteContent(sha256)).rejects.toMatchObject({
      status: 409,
      code: 'ContentInUse',
    });
    await stack.client.deleteBundle('one');
    expect(await stack.client.getContent(sha256)).toMatchObject({ bytes: 13 });
    await stack.client.deleteBundle('two');
    expect(await stack.client.getContent(sha256)).toBeUndefined();
  });

  test('an unknown one is 404, at the job too; bad names and missing bytes are 400; too much is 413', async () => {
    const job = { target, run: { program: 'true' }, bundle: 'unknown' };
    expect(await problem(await call('POST', '/api/jobs', job))).toEqual([404, 'BundleNotFound', 'bundle']);
    expect((await call('GET', '/api/bundles/unknown')).status).toBe(404);
    expect((await call('DELETE', '/api/bundles/unknown')).status).toBe(204);
    const bad = {
      files: [
        { name: '../x', base64: '' },
        { name: 'variables.json', base64: '' },
      ],
    };
    expect(await problem(await call('PUT', '/api/bundles/bad', bad))).toEqual([
      400,
      'InvalidRequest',
      ['files[0].name', 'files[1].name'],
    ]);
    const missing = { files: [{ name: 'x', sha256: hashOf('not sent') }] };
    expect(await problem(await call('PUT', '/api/bundles/bad', missing))).toEqual([
      400,
      'ContentNotFound',
      ['files[0].sha256'],
    ]);
    const { sha256, bytes } = await stack.client.putContent(Buffer.alloc(16 * 2 ** 20, 'x'));
    const files = Array.from({ length: 2 ** 30 / bytes }, (_, index) => ({ name: `part-${index}`, sha256 }));
    expect(await problem(await call('PUT', '/api/bundles/bad', { files, variables: { a: 1 } }))).toEqual([
      413,
      'BundleTooLarge',
      undefined,
    ]);
    expect(await stack.client.listBundles()).toMatchObject([{ id: 'mine' }]);
  });
});
