import { variableBundle } from '../../client';
import { callApi, endOf, hashOf, problemOf, runJob, target } from '../support/job-runs';
import { blobsWith, filesWith, rowsWith } from '../support/kept-words';
import { startLocalStack, eventually, type LocalStack } from '../support/local-stack';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
  await stack.client.putScaleSet('cbox', { template: 'cbox', capacity: 1, workersPerInstance: 2 });
  await stack.client.waitForScaleSet('cbox');
}, 90_000);
afterAll(() => stack?.dispose());

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

    const { id, job, stdout } = await runJob(stack, {
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
    expect(await blobsWith(stack, secret)).toEqual(['bundles/mine.json']);
    const told = [job, await stack.client.listTasks(id), await stack.client.getJob(id)];
    expect(JSON.stringify(told)).not.toContain(secret);
    expect(await rowsWith(stack, secret)).toEqual([]);
    // Durable histories, logs, and the VM, which keeps it for the next task of the job for a moment.
    expect(filesWith(stack, 'jobOrchestrator')).not.toEqual([]);
    await eventually('it is on no disk', async () => filesWith(stack, secret).length === 0);
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
    const read = async (id: string): Promise<string> => (await endOf(stack, id)).stdout;
    expect([await read(before.id), await read(after.id)]).toEqual(['first word\n', 'second word\n']);
    await read(blocker.id);
  });

  test('the variables that a process has set go along as they are, by one call', async () => {
    variableBundle.set({ answer: 42, session: { token: 'of a login' } });
    const bundle = await variableBundle.send(stack.client);
    const { stdout } = await runJob(stack, {
      bundle,
      run: { script: 'cat "$MUSTER_BUNDLE/variables.json"' },
    });
    expect(JSON.parse(stdout)).toEqual(variableBundle.all());
    await stack.client.deleteBundle(bundle);
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
    expect(await problemOf(await callApi(stack, 'POST', '/api/jobs', job))).toEqual([
      404,
      'BundleNotFound',
      'bundle',
    ]);
    expect((await callApi(stack, 'GET', '/api/bundles/unknown')).status).toBe(404);
    expect((await callApi(stack, 'DELETE', '/api/bundles/unknown')).status).toBe(204);
    const bad = {
      files: [
        { name: '../x', base64: '' },
        { name: 'variables.json', base64: '' },
      ],
    };
    expect(await problemOf(await callApi(stack, 'PUT', '/api/bundles/bad', bad))).toEqual([
      400,
      'InvalidRequest',
      ['files[0].name', 'files[1].name'],
    ]);
    const missing = { files: [{ name: 'x', sha256: hashOf('not sent') }] };
    expect(await problemOf(await callApi(stack, 'PUT', '/api/bundles/bad', missing))).toEqual([
      400,
      'ContentNotFound',
      ['files[0].sha256'],
    ]);
    const { sha256, bytes } = await stack.client.putContent(Buffer.alloc(16 * 2 ** 20, 'x'));
    const files = Array.from({ length: 2 ** 30 / bytes }, (_, index) => ({ name: `part-${index}`, sha256 }));
    expect(
      await problemOf(await callApi(stack, 'PUT', '/api/bundles/bad', { files, variables: { a: 1 } })),
    ).toEqual([413, 'BundleTooLarge', undefined]);
    expect(await stack.client.listBundles()).toMatchObject([{ id: 'mine' }]);
  });
});
