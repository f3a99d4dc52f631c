import {
  control,
  eventually,
  putTemplateLike,
  startLocalStack,
  type LocalStack,
} from '../support/local-stack';

const location = 'westeurope';
let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
}, 90_000);
afterAll(() => stack?.dispose());

const view = async (name: string) => (await stack.client.getScaleSet(name))!;
const messages = async (name: string, code: string) =>
  (await stack.client.listScaleSetEvents(name)).filter((one) => one.code === code).map((one) => one.message);
const ready = (name: string, capacity: number) =>
  eventually(`${name} is ready with ${capacity}`, async () => {
    const set = await view(name);
    return set.state === 'ready' && set.capacity.enrolled === capacity && set.capacity.desired === capacity;
  });
const setRoom = (rule: object) => control(stack, 'POST', 'allocation', { location, ...rule });

describe('quota that is short', () => {
  test('is the condition, by how many cores of what and where; what fits comes, the rest when there is more', async () => {
    await control(stack, 'POST', 'quota', { location, name: 'standardDSv5Family', limit: 4 });
    await stack.client.putScaleSet('short', { template: 'cbox', capacity: 4 });
    const condition = await eventually('the quota is short', async () => {
      const now = await view('short');
      return now.condition?.code === 'QuotaExceeded' && now.capacity.enrolled === 2 && now.condition;
    });
    expect(condition.message).toContain(`in ${location}`);
    expect(condition.message).toContain('short by 4 (4 of 4 used, 4 more needed)');
    expect(condition.nextAttemptAt).toBeDefined();
    await control(stack, 'POST', 'quota', { location, name: 'standardDSv5Family', limit: 500 });
    await ready('short', 4);
    await stack.client.deleteScaleSet('short');
    await stack.client.waitForScaleSet('short', { for: 'deleted', timeoutSeconds: 30 });
  }, 90_000);
});

describe('a place without room', () => {
  test('is left for the next zone, then for the next size; the timeline says so', async () => {
    await putTemplateLike(stack, 'anywhere', {
      template: { alternatives: { zones: [['2']], sizes: ['Standard_D4s_v5'] } },
      value: { zones: ['1'] },
    });
    await setRoom({ size: 'Standard_D2s_v5', zone: '1', available: false });
    await setRoom({ size: 'Standard_D2s_v5', zone: '2', available: 1 });
    await stack.client.putScaleSet('anywhere', { template: 'anywhere', capacity: 1 });
    await ready('anywhere', 1);
    expect(await messages('anywhere', 'PlacementChanged')).toEqual([
      expect.stringContaining('Standard_D2s_v5 in zone 2 is tried'),
    ]);
    expect((await stack.client.listWorkers('anywhere'))[0]).toMatchObject({
      zone: '2',
      vmSize: 'Standard_D2s_v5',
    });

    // It has a VM now, so it stays in its zone.
    await stack.client.growScaleSet('anywhere', 1);
    await ready('anywhere', 2);
    const workers = await stack.client.listWorkers('anywhere');
    expect(workers.map(({ zone, vmSize }) => `${zone} ${vmSize}`).sort()).toEqual([
      '2 Standard_D2s_v5',
      '2 Standard_D4s_v5',
    ]);
    expect((await messages('anywhere', 'PlacementChanged')).at(-1)).toContain(
      'Standard_D4s_v5 in zone 2 is tried',
    );
    await setRoom({ size: 'Standard_D2s_v5', zone: '1', available: true });
    await setRoom({ size: 'Standard_D2s_v5', zone: '2', available: true });
    await stack.client.deleteScaleSet('anywhere');
  }, 90_000);

  test('is the condition where there is no other, with Azure`s own code and words', async () => {
    await setRoom({ size: 'Standard_D2s_v5', available: false });
    await stack.client.putScaleSet('nowhere', { template: 'cbox', capacity: 1 });
    const condition = await eventually('Azure has no room', async () => {
      const now = (await view('nowhere')).condition;
      return now?.code === 'AllocationFailed' && now;
    });
    expect(condition.message).toContain('We do not have sufficient capacity for the requested VM size');
    expect(condition.nextAttemptAt).toBeDefined();
    await setRoom({ size: 'Standard_D2s_v5', available: true });
    await ready('nowhere', 1);
    await stack.client.deleteScaleSet('nowhere');
  }, 90_000);

  test('that is restricted for the subscription is said at once', async () => {
    await setRoom({ size: 'Standard_D2s_v5', available: true, restricted: true });
    await stack.client.putScaleSet('barred', { template: 'cbox', capacity: 1 });
    await eventually('it is restricted', async () => {
      const { condition, state } = await view('barred');
      return condition?.code === 'SkuNotAvailable' && state === 'failed';
    });
    await setRoom({ size: 'Standard_D2s_v5', available: true });
    await ready('barred', 1);
    await stack.client.deleteScaleSet('barred');
  }, 90_000);
});

describe('Spot VMs', () => {
  const spot = { fallbackToRegularAfterMs: 1500 };
  test('that cannot be had are regular ones after the policy`s delay; the next wish tries Spot again', async () => {
    await setRoom({ size: 'Standard_D2s_v5', priority: 'Spot', available: 1 });
    await stack.client.putScaleSet('spots', { template: 'cbox', capacity: 2, spot });
    await ready('spots', 2);
    const priorities = async () =>
      (await stack.client.listWorkers('spots')).map(({ priority }) => priority || 'Regular').sort();
    expect(await priorities()).toEqual(['Regular', 'Spot']);
    expect(await messages('spots', 'FallingBackToRegular')).toHaveLength(1);

    await setRoom({ size: 'Standard_D2s_v5', priority: 'Spot', available: true });
    await stack.client.growScaleSet('spots', 1);
    await ready('spots', 3);
    expect(await priorities()).toEqual(['Regular', 'Spot', 'Spot']);
    await stack.client.deleteScaleSet('spots');
  }, 120_000);

  test('come in the mix that was asked for', async () => {
    const mix = { baseRegularCount: 1, regularPercentageAboveBase: 50 };
    await stack.client.putScaleSet('mixed', { template: 'cbox', capacity: 3, spot: mix });
    await ready('mixed', 3);
    const workers = await stack.client.listWorkers('mixed');
    expect(workers.map(({ priority }) => priority || 'Regular').sort()).toEqual([
      'Regular',
      'Regular',
      'Spot',
    ]);
    await stack.client.deleteScaleSet('mixed');
  }, 90_000);

  test('that Azure evicts and leaves deallocated are deleted, disks and all, and replaced', async () => {
    await stack.client.putScaleSet('kept', {
      template: 'cbox',
      capacity: 1,
      spot: { evictionPolicy: 'Deallocate' },
    });
    await ready('kept', 1);
    const [victim] = await stack.client.listWorkers('kept');
    await control(stack, 'POST', 'evict', { resourceId: victim!.resourceId, noticeMs: 500 });
    await eventually(
      'another is in its place',
      async () => {
        const workers = await stack.client.listWorkers('kept');
        return (
          workers.some((one) => one.state === 'enrolled' && one.id !== victim!.id) && workers.length === 1
        );
      },
      60_000,
    );
    await ready('kept', 1);
    const { billable } = await control<{ billable: { id: string; type: string }[] }>(
      stack,
      'GET',
      'resources',
    );
    const disks = billable.filter(({ id, type }) => /disks$/.test(type) && /kept/.test(id));
    expect(disks).toHaveLength(1);
  }, 120_000);
});
