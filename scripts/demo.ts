import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MusterClient } from '../client';
import type { Report } from './demo/report';
import { check, countWhatIsLeft, fail, runDemo } from './demo/run-demo';
import { waitUntil } from './demo/wait-until';
import { putLocalTemplates } from './local-azure/templates';
import { projectRoot } from './stack/project-root';
import type { Stack } from './stack/stack';

const root = projectRoot();
const vmCount = 3;
const workersPerInstance = 2;
const shots = 24;

async function show(stack: Stack, report: Report): Promise<void> {
  const client = new MusterClient({ url: stack.url, key: stack.key });
  await putLocalTemplates(client, stack.simulator.subscriptionId);
  await createCluster(client, report);
  await runArrayJob(client, report);
  await runDetached(client, report);
  await deleteAll(client, report);
  await countWhatIsLeft(stack, report);
}

async function createCluster(client: MusterClient, report: Report): Promise<void> {
  const workers = vmCount * workersPerInstance;
  report.step(`Creating scale set 'cbox': ${vmCount} VMs, ${workersPerInstance} workers on each`);
  await client.putScaleSet('cbox', { template: 'cbox', capacity: vmCount, workersPerInstance });
  await waitUntil(`${workers} workers enrolled`, async () => {
    const view = await client.getScaleSet('cbox');
    if (!view) return false;
    report.progress(
      `VMs ${view.capacity.provisioned}/${vmCount}, workers enrolled`,
      view.workers.enrolled,
      workers,
    );
    return view.state === 'ready' && view.workers.enrolled === workers;
  });
  for (const worker of await client.listWorkers('cbox')) {
    report.line(`${worker.id.padEnd(20)} ${worker.state.padEnd(10)} ${worker.privateIpAddress}`);
  }
}

async function runArrayJob(client: MusterClient, report: Report): Promise<void> {
  report.step(`Running an array job of ${shots} tasks: 2-D acoustic wave modelling, one shot each`);
  const script = readFileSync(join(root, 'examples', 'acoustic-wave', 'shot.js'), 'utf8');
  const job = await client.submitJob({
    name: 'acoustic-wave',
    target: { scaleSet: 'cbox' },
    array: { count: shots },
    run: { script, interpreter: ['node'] },
  });
  const ended = await followJob(client, report, job.id);
  check('the array job succeeded', ended.state === 'succeeded' && ended.tasks.succeeded === shots);
  const tasks = await client.listTasks(job.id);
  for (const task of tasks) {
    const stdout = Buffer.from(
      await client.readOutput(job.id, { task: task.task, stream: 'stdout' }),
    ).toString();
    const result = JSON.parse(stdout) as { shot: number; sourceMetres: number; energy: number };
    check(`task ${task.task} printed its own shot`, result.shot === task.task && stdout.endsWith('}\n'));
    report.line(
      `task ${String(task.task).padStart(2)}  ${task.worker?.padEnd(20)}  source at ${String(result.sourceMetres).padStart(4)} m, energy ${result.energy}`,
    );
  }
  check('several workers took part', new Set(tasks.map((task) => task.worker)).size > 1);
  const here = runHere(script, 7);
  const there = Buffer.from(await client.readOutput(job.id, { task: 7, stream: 'stdout' })).toString();
  check('shot 7 is the same to the byte when computed here', here === there);
}

function runHere(script: string, shot: number): string {
  const env = { ...process.env, MUSTER_TASK_INDEX: String(shot), MUSTER_TASK_COUNT: String(shots) };
  return execFileSync(process.execPath, ['-'], { input: script, env, encoding: 'utf8' });
}

async function followJob(client: MusterClient, report: Report, id: string) {
  return waitUntil(`job ${id} ended`, async () => {
    const view = await client.waitForJob(id, 0);
    report.progress('tasks ended', view.tasks.succeeded + view.tasks.failed, view.tasks.total);
    return view.endedAt === null ? false : view;
  });
}

async function runDetached(client: MusterClient, report: Report): Promise<void> {
  report.step("Starting detached VM 'solo' and running a shell script on it");
  await client.putVirtualMachine('solo', { template: 'cbox' });
  const vm = await waitUntil('the VM is ready', async () => {
    const view = await client.getVirtualMachine('solo');
    report.progress(
      `VM ${view?.state ?? 'unknown'}: ${view?.condition?.code ?? 'no condition'}, workers`,
      view?.workers.length ?? 0,
      1,
    );
    return view?.state === 'ready' && view;
  });
  report.line(`solo is ready at ${vm.privateIpAddress}`);
  const script = readFileSync(join(root, 'examples', 'two-streams.sh'), 'utf8');
  const job = await client.submitJob({
    name: 'two-streams',
    target: { virtualMachine: 'solo' },
    run: { script },
  });
  const ended = await followJob(client, report, job.id);
  check('the script succeeded', ended.state === 'succeeded');
  const stdout = Buffer.from(await client.readOutput(job.id, { task: 0, stream: 'stdout' })).toString();
  const stderr = Buffer.from(await client.readOutput(job.id, { task: 0, stream: 'stderr' })).toString();
  report.line(`status ${ended.state}\nstdout:\n${stdout.trimEnd()}\nstderr:\n${stderr.trimEnd()}`);
  check(
    'stdout has all of its lines',
    /^hello from solo.*\nstep 1 of 3\nstep 2 of 3\nstep 3 of 3\ndone\n$/.test(stdout),
  );
  check('stderr has all of its lines', stderr === 'progress: 33 %\nprogress: 66 %\nprogress: 100 %\n');
  await client.deleteVirtualMachine('solo');
  await waitUntil('the VM is gone', async () => (await client.getVirtualMachine('solo')) === undefined);
  const afterwards = Buffer.from(await client.readOutput(job.id, { task: 0, stream: 'stdout' })).toString();
  check('the output is readable after the VM is gone', afterwards === stdout);
}

async function deleteAll(client: MusterClient, report: Report): Promise<void> {
  report.step('Deleting everything');
  await client.deleteScaleSet('cbox');
  await waitUntil('the scale set is gone', async () => {
    const view = await client.getScaleSet('cbox');
    report.progress('VMs left', view?.capacity.provisioned ?? 0, vmCount);
    return view === undefined;
  });
}

runDemo(show).catch(fail);
