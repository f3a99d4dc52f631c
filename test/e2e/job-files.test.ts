import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callApi, endOf, hashOf, problemOf, runJob, target } from '../support/job-runs';
import { blobsWith } from '../support/kept-words';
import { packFolder } from '../support/packed-folder';
import { startLocalStack, text, type LocalStack } from '../support/local-stack';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack({ MUSTER_OUTPUT_FILES: '5', MUSTER_REDIRECT_BYTES: '100000' });
  await stack.client.putScaleSet('cbox', { template: 'cbox', capacity: 1, workersPerInstance: 2 });
  await stack.client.waitForScaleSet('cbox');
}, 90_000);
afterAll(() => stack?.dispose());

describe('output files', () => {
  test('of each task are listed, and read whole and by ranges', async () => {
    const { id, job } = await runJob(stack, {
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
    const part = await callApi(stack, 'GET', path, undefined, { range: 'bytes=5-' });
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
      206,
      'bytes 5-5/6',
      '1',
    ]);
    expect(await (await callApi(stack, 'GET', `${path}?offset=1&length=3`)).text()).toBe('ask');
    expect(await problemOf(await callApi(stack, 'GET', `/api/jobs/${id}/tasks/0/outputs/none`))).toEqual([
      404,
      'OutputFileNotFound',
      'path',
    ]);
    expect(await problemOf(await callApi(stack, 'GET', `/api/jobs/${id}/tasks/2/outputs`))).toEqual([
      404,
      'TaskNotFound',
      'task',
    ]);
  });

  test('that are long are read from storage, by a link', async () => {
    const { id } = await runJob(stack, { run: { script: 'head -c 3000000 /dev/zero > outputs/zeros' } });
    const answer = await callApi(stack, 'GET', `/api/jobs/${id}/tasks/0/outputs/zeros`);
    const location = answer.headers.get('location')!;
    expect([answer.status, location]).toEqual([307, expect.stringContaining('sig=')]);
    expect((await (await fetch(location)).arrayBuffer()).byteLength).toBe(3_000_000);
    const read = await stack.client.readOutputFile(id, { task: 0, path: 'zeros' });
    expect(Buffer.from(read).equals(Buffer.alloc(3_000_000))).toBe(true);
    const part = await callApi(stack, 'GET', `/api/jobs/${id}/tasks/0/outputs/zeros`, undefined, {
      range: 'bytes=0-99',
    });
    expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 100]);
  });

  test('are there page by page, of the attempt that counts or of the one named', async () => {
    const { id, job, tasks } = await runJob(stack, {
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
    const page = (await (await callApi(stack, 'GET', `/api/jobs/${id}/tasks/0/outputs?top=1`)).json()) as {
      value: unknown[];
      nextLink: string;
    };
    expect(page).toMatchObject({ attemptId: tasks[0]!.attemptId, value: [{ name: '1.1' }] });
    const next = await fetch(page.nextLink, { headers: { 'x-functions-key': stack.key } });
    expect(await next.json()).toMatchObject({ value: [{ name: '2' }] });
    const unknown = await callApi(stack, 'GET', `/api/jobs/${id}/tasks/0/outputs?attempt=none`);
    expect(await problemOf(unknown)).toEqual([404, 'AttemptNotFound', 'attempt']);
  });

  test('past the limit make the task fail, and it says so', async () => {
    const { id, job, tasks } = await runJob(stack, { run: { script: 'cd outputs; touch 1 2 3 4 5 6' } });
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
    const { id, job, stdout } = await runJob(stack, {
      inputs: [
        { kind: 'folder', sha256 },
        { kind: 'file', sha256: sent.sha256, path: 'some/where.txt' },
      ],
      run: { program: './run.sh', arguments: ['some/where.txt'] },
    });
    expect(job.state).toBe('succeeded');
    expect(stdout).toBe('hello world');
    expect(text(await stack.client.readOutputFile(id, { task: 0, path: 'out' }))).toBe('hello world');
    const left = (await blobsWith(stack, 'world')).filter((name) => name.includes('/inputs/'));
    expect(left).toEqual([]);
  });

  test('of many megabytes are sent in blocks, past the app', async () => {
    const body = Buffer.alloc(70 * 2 ** 20, 'block by block ');
    const { sha256, bytes } = await stack.client.putContent(body);
    expect(await stack.client.getContent(sha256)).toMatchObject({ bytes });
    const inputs = [{ kind: 'file' as const, sha256, path: 'large' }];
    const { stdout } = await runJob(stack, { inputs, run: { script: 'sha256sum < large' } });
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
    await endOf(stack, blocker.id);
    expect((await endOf(stack, id)).stdout).toBe('kept for the job');
  });

  test('a content is sent once, and no other length passes for it', async () => {
    const content = { sha256: hashOf('once'), bytes: 4 };
    const first = await (await callApi(stack, 'POST', '/api/contents', content)).json();
    expect(first).toMatchObject({ state: 'wanted', upload: { method: 'PUT' } });
    const { url, headers } = (first as { upload: { url: string; headers: Record<string, string> } }).upload;
    expect((await fetch(url, { method: 'PUT', headers, body: 'once' })).status).toBe(201);
    expect((await fetch(url)).status).toBe(403);
    expect(await (await callApi(stack, 'POST', '/api/contents', content)).json()).toEqual({
      ...content,
      state: 'present',
      upload: null,
    });
    expect(
      (await callApi(stack, 'HEAD', `/api/contents/${content.sha256}`)).headers.get('x-muster-total-bytes'),
    ).toBe('4');
    const other = await callApi(stack, 'POST', '/api/contents', { ...content, bytes: 5 });
    expect(await problemOf(other)).toEqual([409, 'ContentMismatch', 'bytes']);
    const missing = await callApi(stack, 'HEAD', `/api/contents/${hashOf('never')}`);
    expect(missing.status).toBe(404);
  });

  test('a job that names what is not there is 400 with each of it, and nothing is made', async () => {
    const before = (await stack.client.listJobs()).length;
    const inputs = ['a', 'b'].map((letter) => ({
      kind: 'file' as const,
      path: letter,
      sha256: hashOf(letter),
    }));
    const response = await callApi(stack, 'POST', '/api/jobs', { target, run: { program: 'true' }, inputs });
    expect(await problemOf(response)).toEqual([
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
    const [status, code, targets] = await problemOf(await callApi(stack, 'POST', '/api/jobs', body));
    expect([status, code]).toEqual([400, 'InvalidRequest']);
    expect(targets).toContain(where);
  });
});
