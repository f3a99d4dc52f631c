import type { JobView, TemplateView, VirtualMachineView } from '../../shared/contracts';
import { callApi, refusal } from '../support/api-call';
import {
  control,
  eventually,
  startLocalStack,
  text,
  whatIsLeft,
  type LocalStack,
} from '../support/local-stack';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
}, 60_000);
afterEach(() => control(stack, 'DELETE', 'faults'));
afterAll(() => stack?.dispose());

interface Left {
  billable: { id: string; type: string }[];
  machines: unknown[];
}
const left = async (): Promise<Left> => (await whatIsLeft(stack)) as Left;
const nothingIsLeft = () =>
  eventually('nothing is left', async () => {
    const { billable, machines } = await left();
    return billable.length === 0 && machines.length === 0;
  });
const noVirtualMachine = () =>
  eventually('there is no VM', async () => (await stack.client.listVirtualMachines()).length === 0);
const ended = (id: string): Promise<JobView> =>
  eventually(`job ${id} ended`, async () => {
    const job = await stack.client.waitForJob(id, 10);
    return job.endedAt !== null && job;
  });
const nameOf = ({ target }: JobView): string => ('virtualMachine' in target ? target.virtualMachine : '');
const echo = (word: string) => ({ program: 'echo', arguments: [word] });

async function putLike(
  kind: 'virtual-machine' | 'network-interface',
  ...[name, change]: [string, (value: { tags?: object; properties: Record<string, object> }) => void]
): Promise<void> {
  const known = kind === 'virtual-machine' ? 'cbox' : 'default';
  const { template } = (await callApi<TemplateView>(stack, 'GET', `/api/templates/${kind}/${known}`)).body;
  change(template.value as { properties: Record<string, object> });
  await stack.client.putTemplate(kind, name, template);
}

describe('a VM made for a job', () => {
  test('is named by basename and six letters, goes with the job, and leaves its output (R-26)', async () => {
    const request = { target: { virtualMachineTemplate: 'cbox', basename: 'solo' }, run: echo('kept') };
    const [job, again] = await Promise.all([
      stack.client.submitJob(request, { idempotencyKey: 'solo' }),
      eventually('it is there', async () => (await stack.client.listJobs())[0]).then(() =>
        stack.client.submitJob(request, { idempotencyKey: 'solo' }),
      ),
    ]);
    expect(again.id).toBe(job.id);
    expect(nameOf(job)).toMatch(/^solo-[a-z]{6}$/);
    expect((await ended(job.id)).state).toBe('succeeded');
    expect(
      await stack.client.waitForVirtualMachine(nameOf(job), { for: 'deleted', timeoutSeconds: 30 }),
    ).toBe(true);
    await nothingIsLeft();
    expect(await stack.client.listVirtualMachines()).toEqual([]);
    expect(text(await stack.client.readOutput(job.id, { task: 0, stream: 'stdout' }))).toBe('kept\n');
    expect((await stack.client.submitJob(request, { idempotencyKey: 'solo' })).id).toBe(job.id);
    expect(await stack.client.listVirtualMachines()).toEqual([]);
  }, 60_000);

  test('stays with persist, and serves other jobs until it is deleted', async () => {
    const own = { virtualMachineTemplate: 'cbox', name: 'keeper', persist: true };
    const job = await stack.client.submitJob({ target: own, run: echo('first') });
    expect((await ended(job.id)).state).toBe('succeeded');
    // Its tasks need not wait for the look that finds it ready.
    expect(await stack.client.waitForVirtualMachine('keeper', { timeoutSeconds: 30 })).toBe(true);
    const taken = { target: own, run: echo('again') };
    expect(await refusal(stack, 'POST', '/api/jobs', taken)).toMatchObject({
      status: 409,
      code: 'AlreadyExists',
    });
    const second = await stack.client.submitJob({
      target: { virtualMachine: 'keeper' },
      run: echo('second'),
    });
    expect((await ended(second.id)).state).toBe('succeeded');
    expect(await stack.client.listJobs({ virtualMachine: 'KEEPER' })).toHaveLength(2);
    await stack.client.deleteVirtualMachine('keeper');
    await nothingIsLeft();
  }, 60_000);

  test('goes too where the job is cancelled before it is there, or its program fails', async () => {
    const failing = await stack.client.submitJob({
      target: { virtualMachineTemplate: 'cbox' },
      run: { program: 'false' },
    });
    const cancelled = await stack.client.submitJob({
      target: { virtualMachineTemplate: 'cbox' },
      run: echo('never'),
    });
    await eventually('its VM is being made', () => stack.client.getVirtualMachine(nameOf(cancelled)));
    await stack.client.cancelJob(cancelled.id);
    expect((await ended(cancelled.id)).state).toBe('cancelled');
    expect((await ended(failing.id)).state).toBe('failed');
    await nothingIsLeft();
  }, 60_000);

  test('that Azure refuses fails the job with the reason, and nothing is left', async () => {
    const message = 'The requested size is not available.';
    await control(stack, 'POST', 'faults', {
      operation: 'virtualMachines.createOrUpdate',
      asyncError: { code: 'SkuNotAvailable', message },
    });
    const job = await stack.client.submitJob({
      target: { virtualMachineTemplate: 'cbox' },
      run: echo('never'),
    });
    expect(await ended(job.id)).toMatchObject({
      state: 'failed',
      condition: { code: 'TargetFailed', message: expect.stringContaining(message) },
    });
    await nothingIsLeft();
    await noVirtualMachine();
  }, 60_000);

  test('of two jobs that ask for the same new name at once, one has it and the other is told', async () => {
    const target = { virtualMachineTemplate: 'cbox', name: 'twin' };
    const asked = await Promise.allSettled(
      ['one', 'two'].map((word) => stack.client.submitJob({ target, run: echo(word) })),
    );
    const jobs = asked.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    const refused = asked.flatMap((answer) =>
      answer.status === 'rejected' ? [answer.reason as object] : [],
    );
    const ends = await Promise.all(jobs.map(({ id }) => ended(id)));
    expect(ends.filter(({ state }) => state === 'succeeded')).toHaveLength(1);
    const failed = ends.filter(({ state }) => state === 'failed');
    expect(failed.length + refused.length).toBe(1);
    for (const { condition } of failed) expect(condition?.message).toContain("'twin'");
    for (const error of refused) expect(error).toMatchObject({ status: 409, code: 'AlreadyExists' });
    await nothingIsLeft();
    await noVirtualMachine();
  }, 60_000);

  test('of templates that do not exist is refused with every one named, and makes nothing', async () => {
    const target = {
      virtualMachineTemplate: 'nope',
      networkInterfaceTemplate: 'none',
      environment: 'no-env',
    };
    const request = { target, run: echo('x'), dependsOn: [{ job: 'job-nope' }] };
    expect(await refusal(stack, 'POST', '/api/jobs', request)).toMatchObject({
      status: 404,
      targets: [
        'dependsOn[0].job',
        'target.environment',
        'target.networkInterfaceTemplate',
        'target.virtualMachineTemplate',
      ],
    });
    expect((await stack.client.listVirtualMachines()).length).toBe(0);
  });
});

describe('a detached VM', () => {
  test('has its name from the basename, the interface template that was chosen, and its data disks; all go together', async () => {
    await putLike('network-interface', 'slow-nic', (value) => {
      Object.assign(value, { tags: { nic: 'chosen' } });
      Object.assign(value.properties, { enableAcceleratedNetworking: false });
    });
    await putLike('virtual-machine', 'with-disks', ({ properties }) => {
      const dataDisks = [
        { lun: 1, diskSizeGB: 64, managedDisk: { storageAccountType: 'Premium_LRS' } },
        { lun: 2, diskSizeGB: 128 },
      ];
      Object.assign(properties.storageProfile!, { dataDisks });
    });
    const request = {
      template: 'with-disks',
      networkInterfaceTemplate: 'slow-nic',
      basename: 'box',
      osDiskSizeGb: 99,
    };
    const vm = await stack.client.createVirtualMachine(request, { idempotencyKey: 'box' });
    expect(vm.name).toMatch(/^box-[a-z]{6}$/);
    const path = `/api/virtual-machines/${vm.name}/wait`;
    const early = await callApi<VirtualMachineView>(stack, 'GET', `${path}?timeoutSeconds=0`);
    expect([early.status, early.body.state]).toEqual([202, 'creating']);
    expect(early.headers.get('location')).toContain(path);
    expect((await stack.client.createVirtualMachine(request, { idempotencyKey: 'box' })).name).toBe(vm.name);
    expect(await stack.client.waitForVirtualMachine(vm.name, { timeoutSeconds: 60 })).toBe(true);
    const ready = await callApi<VirtualMachineView>(stack, 'GET', `${path}?timeoutSeconds=5`);
    expect([ready.status, ready.body.state, ready.body.request.networkInterfaceTemplate]).toEqual([
      200,
      'ready',
      'slow-nic',
    ]);
    const parts = (await left()).billable.map(({ id }) => id.split('/').pop());
    const inAzure = `vm-${vm.name}`;
    expect(parts.sort()).toEqual(
      [`disk-${inAzure}-1`, `disk-${inAzure}-2`, `nic-${vm.name}`, `osdisk-${inAzure}`, inAzure].sort(),
    );
    const events = (await stack.client.listVirtualMachineEvents(vm.name)).map(({ code }) => code);
    expect(events).toEqual(
      expect.arrayContaining(['CreatingNetworkInterface', 'CreatingVirtualMachine', 'StateChanged']),
    );
    const deleted = stack.client.waitForVirtualMachine(vm.name, { for: 'deleted', timeoutSeconds: 30 });
    await stack.client.deleteVirtualMachine(vm.name);
    expect(await refusal(stack, 'GET', path)).toMatchObject({ status: 409, code: 'BeingDeleted' });
    expect(await deleted).toBe(true);
    expect(await left()).toMatchObject({ billable: [], machines: [] });
    expect(await refusal(stack, 'GET', path)).toMatchObject({ status: 404, code: 'VirtualMachineNotFound' });
  }, 90_000);

  test.each([
    ['whose interface', 'networkInterfaces.createOrUpdate', 'InvalidResourceReference'],
    ['that', 'virtualMachines.createOrUpdate', 'SkuNotAvailable'],
  ])(
    '%s Azure cannot make is rolled back; wait says why (R-17)',
    async (_what, operation, code) => {
      await control(stack, 'POST', 'faults', { operation, asyncError: { code, message: 'It cannot be.' } });
      const vm = await stack.client.createVirtualMachine({ template: 'cbox' });
      expect(vm.name).toMatch(/^cbox-[a-z]{6}$/);
      await expect(stack.client.waitForVirtualMachine(vm.name, { timeoutSeconds: 30 })).rejects.toMatchObject(
        {
          status: 409,
          code: 'VirtualMachineFailed',
          message: expect.stringContaining('It cannot be.'),
          details: [{ code, target: 'condition' }],
        },
      );
      await nothingIsLeft();
      expect(await stack.client.getVirtualMachine(vm.name)).toMatchObject({
        state: 'failed',
        condition: { code },
      });
      await stack.client.deleteVirtualMachine(vm.name);
      await eventually('it is gone', async () => !(await stack.client.getVirtualMachine(vm.name)));
    },
    60_000,
  );

  test('of a template without an interface template of its name, or without the default one, is 404', async () => {
    await callApi(stack, 'DELETE', '/api/templates/network-interface/default');
    const request = { template: 'cbox' };
    expect(await refusal(stack, 'POST', '/api/virtual-machines', request)).toMatchObject({
      status: 404,
      code: 'TemplateNotFound',
      message: expect.stringContaining("network-interface template 'default'"),
    });
  });
});
