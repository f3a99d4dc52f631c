import {
  control,
  eventually,
  putTemplateLike,
  startLocalStack,
  type LocalStack,
} from '../support/local-stack';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
}, 90_000);
afterAll(() => stack?.dispose());

const view = async (name: string) => (await stack.client.getScaleSet(name))!;
const conditionOf = async (name: string) => (await view(name)).condition;
const events = async (name: string, code: string) =>
  (await stack.client.listScaleSetEvents(name)).filter((event) => event.code === code);
const ready = (name: string, capacity: number) =>
  eventually(`${name} is ready with ${capacity}`, async () => {
    const set = await view(name);
    return set.state === 'ready' && set.capacity.desired === capacity && set.capacity.enrolled === capacity;
  });

describe('VMs that never join', () => {
  test('are deleted and replaced until ten have failed in a row; their boot logs stay and say where they stood', async () => {
    await putTemplateLike(stack, 'stuck', {
      template: { bootCommands: ['echo "waiting for Godot"; sleep 600'] },
    });
    await stack.client.putScaleSet('stuck', { template: 'stuck', capacity: 10, joinLimitMs: 2500 });
    const booting = await eventually('a VM tells of its boot', async () =>
      (await stack.client.listWorkers('stuck')).find((one) => one.state === 'booting'),
    );
    expect(booting.message).toBe('boot-commands');
    const condition = await eventually(
      'the set stops growing',
      async () => {
        const now = await conditionOf('stuck');
        return now?.code === 'BootsFailing' && (await view('stuck')).capacity.provisioned === 0 && now;
      },
      120_000,
    );
    expect(condition.message).toMatch(/^1\d boots in a row have failed/);
    expect((await view('stuck')).state).toBe('failed');
    expect((await events('stuck', 'JoinTimedOut')).length).toBeGreaterThanOrEqual(10);
    expect((await events('stuck', 'JoinTimedOut'))[0]!.message).toContain("the stage 'boot-commands'");

    const logs = await stack.client.listBootLogs('stuck');
    const reported = logs.find((one) => one.source === 'reported')!;
    expect(await stack.client.readBootLog('stuck', reported.vm, 'reported')).toContain('waiting for Godot');
    const console = logs.find((one) => one.source === 'console')!;
    expect(await stack.client.readBootLog('stuck', console.vm, 'console')).toContain(
      'muster-boot: boot-commands',
    );
    await expect(stack.client.readBootLog('stuck', 'nobody')).rejects.toMatchObject({
      status: 404,
      code: 'BootLogNotFound',
    });
    await stack.client.deleteScaleSet('stuck');
  }, 180_000);

  test('may take longer than the limit as long as they make progress', async () => {
    const slow = 'for i in 1 2 3 4 5 6 7 8; do echo "step $i"; sleep 1; done';
    await putTemplateLike(stack, 'slow', { template: { bootCommands: [slow] } });
    await stack.client.putScaleSet('slow', { template: 'slow', capacity: 1, joinLimitMs: 4000 });
    await ready('slow', 1);
    expect(await events('slow', 'JoinTimedOut')).toEqual([]);
    await stack.client.deleteScaleSet('slow');
  }, 60_000);
});

describe('a VM that falls silent', () => {
  test('is told of, replaced to the desired count, and its task runs elsewhere', async () => {
    await stack.client.putScaleSet('cbox', { template: 'cbox', capacity: 2 });
    await ready('cbox', 2);
    const [victim] = await stack.client.listWorkers('cbox');
    await control(stack, 'POST', 'pull-plug', { resourceId: victim!.resourceId });
    const lost = await eventually('the worker is lost', async () =>
      (await stack.client.listWorkers('cbox')).find((one) => one.id === victim!.id && one.state === 'lost'),
    );
    expect(lost.instance).toBe(victim!.instance);
    await eventually(
      'another is in its place',
      async () => {
        const workers = await stack.client.listWorkers('cbox');
        const enrolled = workers.filter((one) => one.state === 'enrolled');
        return enrolled.length === 2 && !workers.some((one) => one.id === victim!.id);
      },
      60_000,
    );
    expect(await events('cbox', 'Silent')).toHaveLength(1);
    await ready('cbox', 2);
  }, 120_000);
});

describe('a set without VMs', () => {
  test('is deleted once it has been empty for as long as was said', async () => {
    await stack.client.putScaleSet('brief', { template: 'cbox', capacity: 1, deleteWhenEmptyMs: 1000 });
    await ready('brief', 1);
    await stack.client.putScaleSet('brief', { template: 'cbox', capacity: 0, deleteWhenEmptyMs: 1000 });
    expect(await stack.client.waitForScaleSet('brief', { for: 'deleted', timeoutSeconds: 60 })).toBe(true);
  }, 90_000);
});
