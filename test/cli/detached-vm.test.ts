import type { z } from 'zod';
import {
  AttemptView,
  BundleView,
  JobView,
  Manifest,
  ScaleSetView,
  TaskView,
  TemplateView,
  TimelineEvent,
  VirtualMachineView,
  WorkerView,
} from '../../shared/contracts';
import { useCommandLine } from '../support/command-line-place';
import { whatIsLeft, type LocalStack } from '../support/local-stack';
import type { Muster } from '../support/muster-process';

/** The manual's section "Detached service", typed on a command line. */
let stack: LocalStack;
let muster: Muster;
useCommandLine((place) => ({ stack, muster } = place));

const out = async (...args: string[]): Promise<string> => {
  const { status, stdout, stderr } = await muster(...args);
  if (status !== 0) throw new Error(`muster ${args.join(' ')}: ${status} ${stderr.toString()}`);
  return stdout.toString();
};

test('a VM is created from a template, runs code, tells its output and state, is waited for, and goes', async () => {
  // myvm = addproc("myvm")
  expect(await out('vm', 'create', 'myvm', '--template', 'cbox', '--wait')).toMatch(/^state +ready$/m);
  // detached_job = @detachat myvm begin @info "this is running on the detached vm" end
  const script = 'echo this is running on the detached vm; echo and this is its log >&2';
  const id = (await out('job', 'submit', '--vm', 'myvm', '--', 'bash', '-c', script)).trim();
  expect(id).toMatch(/^job-/);
  // wait(detached_job)
  expect(await out('job', 'wait', id)).toMatch(/^state +succeeded$/m);
  // read(detached_job), read(detached_job; stdio=stderr)
  expect(await out('job', 'logs', id, '--stream', 'stdout')).toBe('this is running on the detached vm\n');
  const errors = await muster('job', 'logs', id);
  expect(errors.stderr.toString()).toBe('and this is its log\n');
  // status(detached_job)
  expect(await out('job', 'show', id)).toMatch(/^state +succeeded$/m);
  // rmproc(myvm)
  await out('vm', 'delete', 'myvm', '--wait');
  expect(await whatIsLeft(stack)).toMatchObject({ billable: [], machines: [] });
  expect((await muster('vm', 'show', 'myvm')).status).toBe(3);
  expect(await out('job', 'logs', id, '--stream', 'stdout')).toBe('this is running on the detached vm\n');
}, 90_000);

test('a VM of its own is made for a job, named by itself, and gone when the job has ended', async () => {
  const { status, stdout } = await muster('run', '--template', 'cbox', '--', 'hostname');
  expect(status).toBe(0);
  expect(stdout.toString().trim()).not.toBe('');
  const [job] = await muster.json<JobView[]>('job', 'list', '--limit', '1');
  const { virtualMachine } = job!.target as { virtualMachine: string };
  expect(virtualMachine).toMatch(/^cbox-[a-z]{6}$/);
  await out('vm', 'wait', virtualMachine, '--for', 'deleted', '--timeout', '30s');
  expect(await whatIsLeft(stack)).toMatchObject({ billable: [], machines: [] });
}, 60_000);

/** What a schema takes and makes of JSON is that JSON: nothing of the view is missing, nothing is there besides. */
function expectView(schema: z.ZodType, view: unknown): void {
  expect(schema.parse(view)).toEqual(view);
}

test('--output json of every command is one document that holds the views of the API', async () => {
  const json = (...args: string[]): Promise<unknown> => muster.json(...args);
  expectView(Manifest, await json('manifest', 'get'));
  expectView(TemplateView.array(), await json('template', 'list'));
  expectView(TemplateView, await json('template', 'get', 'scale-set', 'cbox'));
  expectView(
    ScaleSetView,
    await json('scale-set', 'create', 'cbox', '--template', 'cbox', '--capacity', '1'),
  );
  expectView(ScaleSetView, await json('scale-set', 'wait', 'cbox', '--at-least', '1', '--timeout', '60s'));
  expectView(ScaleSetView, await json('scale-set', 'show', 'cbox'));
  expectView(ScaleSetView.array(), await json('scale-set', 'list'));
  const workers = WorkerView.array().parse(await json('scale-set', 'workers', 'cbox'));
  expect(workers).toHaveLength(1);
  expectView(TimelineEvent.array(), await json('scale-set', 'events', 'cbox'));
  const target = ['--scale-set', 'cbox'];
  const submitted = await json('job', 'submit', ...target, '--name', 'three', '--array', '3', '--', 'true');
  expectView(JobView, submitted);
  const { id } = submitted as JobView;
  expectView(JobView, await json('job', 'wait', id));
  expectView(JobView, await json('job', 'show', id));
  expectView(TaskView.array(), await json('job', 'tasks', id));
  expectView(JobView.array(), await json('job', 'list', '--name', 'three', '--state', 'succeeded,failed'));
  expect(await json('job', 'logs', id, '--task', '2')).toEqual({ task: 2, stdout: '', stderr: '' });
  expectView(AttemptView.array(), await json('job', 'attempts', id, '--task', '2'));
  expect(await json('job', 'outputs', id)).toEqual([]);
  expectView(BundleView, await json('bundle', 'put', 'some', '--var', 'a=1', '--var-json', 'b=[1,2]'));
  expectView(BundleView, await json('bundle', 'show', 'some'));
  expectView(BundleView.array(), await json('bundle', 'list'));
  expect(await json('bundle', 'delete', 'some')).toEqual({ id: 'some', state: 'deleted' });
  expect(await json('submission', 'list')).toEqual([]);
  expect(await json('environment', 'list')).toEqual([]);
  expectView(JobView, await json('run', ...target, '--', 'true'));
  expect(await json('job', 'delete', id)).toEqual({ id, state: 'deleted' });
  expectView(JobView, await json('run', '--detach', ...target, '--', 'true'));
  expectView(VirtualMachineView, await json('vm', 'create', '--template', 'cbox', '--basename', 'spare'));
  const machines = VirtualMachineView.array().parse(await json('vm', 'list'));
  expect(machines.map(({ name }) => name)).toEqual([expect.stringMatching(/^spare-[a-z]{6}$/)]);
  const spare = machines[0]!.name;
  expectView(VirtualMachineView, await json('vm', 'wait', spare, '--timeout', '60s'));
  expectView(TimelineEvent.array(), await json('vm', 'events', spare));
  expect(await json('quota', '--location', 'westeurope', '--size', 'Standard_D2s_v5')).toMatchObject({
    fits: true,
  });
  expectView(ScaleSetView, await json('scale-set', 'workers', 'cbox', '--remove', workers[0]!.id));
  expect(await json('vm', 'delete', spare)).toMatchObject({ name: spare, state: 'deleting' });
  expect(await json('scale-set', 'delete', 'cbox')).toMatchObject({ name: 'cbox', state: 'deleting' });
  expect(await json('scale-set', 'wait', 'cbox', '--for', 'deleted')).toEqual({
    name: 'cbox',
    state: 'deleted',
  });
  expect(await json('vm', 'wait', spare, '--for', 'deleted')).toEqual({ name: spare, state: 'deleted' });
}, 120_000);

test('templates and environments are put, read and deleted by their files', async () => {
  const template = (await muster.json<TemplateView>('template', 'get', 'scale-set', 'cbox')).template;
  const put = muster.start(['template', 'put', 'scale-set', 'copy', '--file', '-'], {
    input: JSON.stringify(template),
  });
  expect(await put.finished).toMatchObject({ status: 0 });
  expect(JSON.parse(await out('template', 'get', 'scale-set', 'copy'))).toEqual(template);
  await out('template', 'delete', 'scale-set', 'copy');
  expect((await muster('template', 'get', 'scale-set', 'copy')).status).toBe(3);
  const folder = 'examples/acoustic-wave';
  const refused = await muster('environment', 'put', 'waves', folder);
  expect([refused.status, refused.stderr.toString()]).toEqual([2, expect.stringContaining('NothingToMake')]);
});

test('what is not there, is in conflict or is refused says so by its exit status, and names every problem', async () => {
  expect((await muster('job', 'show', 'job-nowhere')).status).toBe(3);
  expect((await muster('scale-set', 'wait', 'nowhere')).status).toBe(3);
  await out('vm', 'create', 'solo', '--template', 'cbox');
  const other = await muster('vm', 'create', 'solo', '--template', 'cbox', '--workers-per-instance', '2');
  expect([other.status, other.stderr.toString()]).toEqual([4, expect.stringContaining('workersPerInstance')]);
  const bad = await muster('vm', 'create', 'b_d!', '--template', '!');
  expect([bad.status, bad.stderr.toString()]).toEqual([
    2,
    expect.stringContaining('must be 1 to 54 letters'),
  ]);
  const late = await muster('job', 'wait', '--timeout', '1s', await slowJob());
  expect([late.status, late.stderr.toString()]).toEqual([124, expect.stringContaining('Time was up')]);
  const jobs = await muster.json<JobView[]>('job', 'list', '--limit', '1');
  await out('job', 'cancel', jobs[0]!.id, '--wait', '--grace', '0s');
  const again = await muster('job', 'cancel', jobs[0]!.id);
  expect([again.status, again.stderr.toString()]).toEqual([4, expect.stringContaining('ended already')]);
}, 60_000);

async function slowJob(): Promise<string> {
  return (await out('job', 'submit', '--vm', 'solo', '--', 'sleep', '1000')).trim();
}
