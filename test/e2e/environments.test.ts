import { eventually, startLocalStack, text, type LocalStack } from '../support/local-stack';
import { packFolder } from '../support/packed-folder';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
}, 90_000);
afterAll(() => stack?.dispose());

const view = async (name: string) => (await stack.client.getScaleSet(name))!;
const put = async (name: string, files: Record<string, string>) =>
  stack.client.putEnvironment(name, (await packFolder(files)).body);
const setup = (word: string) => `#!/bin/sh
echo "installing ${word}"; echo "WORD=${word}" > "$MUSTER_ENVIRONMENT_VARIABLES"`;
async function printed(target: { scaleSet: string } | { virtualMachine: string }): Promise<string> {
  const job = await stack.client.submitJob({ target, run: { script: 'echo "$WORD"' } });
  await eventually('the job ended', async () => (await stack.client.waitForJob(job.id, 5)).endedAt !== null);
  return text(await stack.client.readOutput(job.id, { task: 0, stream: 'stdout' }));
}

describe('an environment', () => {
  test('is kept by its content, found by its name, and gone when deleted', async () => {
    const first = await put('Tools', { 'setup.sh': setup('one'), 'src/a.txt': 'a' });
    expect(first).toMatchObject({
      name: 'Tools',
      parts: ['setup'],
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(await stack.client.getEnvironment('tools')).toEqual(first);
    expect((await put('tools', { 'setup.sh': setup('two') })).sha256).not.toBe(first.sha256);
    await stack.client.deleteEnvironment('tools');
    expect(await stack.client.getEnvironment('tools')).toBeUndefined();
  });

  test('that cannot be taken is refused with every reason, and nothing is kept', async () => {
    await expect(put('bad', { 'README.md': 'nothing to make' })).rejects.toMatchObject({
      status: 400,
      code: 'NothingToMake',
    });
    await expect(stack.client.putEnvironment('bad', Buffer.from('no archive'))).rejects.toMatchObject({
      status: 400,
      code: 'InvalidArchive',
    });
    const plain = await fetch(new URL('/api/environments/bad', stack.url), {
      method: 'PUT',
      headers: { 'x-functions-key': stack.key, 'content-type': 'text/plain' },
      body: 'x',
    });
    expect(plain.status).toBe(415);
    expect(await stack.client.getEnvironment('bad')).toBeUndefined();
    await expect(
      stack.client.putScaleSet('nothing', { template: 'cbox', capacity: 1, environment: 'bad' }),
    ).rejects.toMatchObject({ status: 404, code: 'EnvironmentNotFound', target: 'environment' });
    expect(await stack.client.getScaleSet('nothing')).toBeUndefined();
  });

  test('is made on every VM before its workers take work, as it was when the set was created', async () => {
    await put('words', { 'setup.sh': setup('first') });
    await stack.client.putScaleSet('cbox', { template: 'cbox', capacity: 1, environment: 'words' });
    await put('words', { 'setup.sh': setup('changed since') });
    expect(await stack.client.waitForScaleSet('cbox', { timeoutSeconds: 60 })).toBe(true);
    expect(await printed({ scaleSet: 'cbox' })).toBe('first\n');
    await stack.client.growScaleSet('cbox', 1);
    expect(await stack.client.waitForScaleSet('cbox', { timeoutSeconds: 60 })).toBe(true);
    const logs = await stack.client.listBootLogs('cbox');
    const made = logs.filter((log) => log.source === 'environment');
    expect(made).toHaveLength(2);
    expect(await stack.client.readBootLog('cbox', made[1]!.vm)).toContain('installing first\n');
    await stack.client.deleteScaleSet('cbox');
  }, 120_000);

  test('is made on a detached VM too', async () => {
    await put('words', { 'setup.sh': setup('alone') });
    await stack.client.putVirtualMachine('solo', { template: 'cbox', environment: 'words' });
    await eventually(
      'it is ready',
      async () => (await stack.client.getVirtualMachine('solo'))?.state === 'ready',
    );
    expect(await printed({ virtualMachine: 'solo' })).toBe('alone\n');
    await stack.client.deleteVirtualMachine('solo');
  }, 90_000);

  test('that fails is the condition with the end of its log, and no endless wait; the VMs are not kept', async () => {
    await put('broken', { 'setup.sh': '#!/bin/sh\necho "E: no such package" >&2\nexit 9' });
    await stack.client.putScaleSet('broken', { template: 'cbox', capacity: 10, environment: 'broken' });
    const condition = await eventually(
      'the set stops growing',
      async () => {
        const now = await view('broken');
        return now.condition?.code === 'BootsFailing' && now.capacity.provisioned === 0 && now.condition;
      },
      90_000,
    );
    expect(condition.message).toContain('setup: exited with code 9');
    expect(condition.message).toContain('E: no such package');
    const codes = (await stack.client.listScaleSetEvents('broken')).map(({ code }) => code);
    expect(codes.filter((code) => code === 'EnvironmentFailed').length).toBeGreaterThanOrEqual(10);
    await stack.client.deleteScaleSet('broken');
  }, 120_000);

  test('that fails on a detached VM takes it down, and the condition says why', async () => {
    await put('broken', { 'setup.sh': '#!/bin/sh\nexit 9' });
    await stack.client.putVirtualMachine('wreck', { template: 'cbox', environment: 'broken' });
    const failed = await eventually('it has failed', async () => {
      const now = await stack.client.getVirtualMachine('wreck');
      return now?.state === 'failed' && now.condition?.code === 'EnvironmentFailed' && now.condition;
    });
    expect(failed.message).toContain('setup: exited with code 9');
    await stack.client.deleteVirtualMachine('wreck');
    await eventually('it is gone', async () => (await stack.client.getVirtualMachine('wreck')) === undefined);
  }, 90_000);
});
