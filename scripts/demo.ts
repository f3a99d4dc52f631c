import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MusterClient } from '../client';
import { createReport, type Report } from './demo/report';
import { waitUntil } from './demo/wait-until';
import { localSettings, putLocalTemplates } from './local-azure/templates';
import { projectRoot } from './stack/project-root';
import { startStack, type Stack } from './stack/stack';

const root = projectRoot();
const vmCount = 3;
const workersPerInstance = 2;
const shots = 24;

/** Every claim the demo makes is checked; one that is not true ends it with exit status 1. */
function check(claim: string, isTrue: boolean): void {
  if (!isTrue) throw new Error(`Not true: ${claim}.`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { record: { type: 'string' } } });
  const report = createReport();
  const stateFolder = mkdtempSync(join(tmpdir(), 'muster-demo-'));
  report.step('Starting the functions host, storage and the simulated Azure');
  const stack = await startStack({
    stateFolder,
    settings: localSettings,
    hasControl: true,
    recordFile: values.record,
  });
  let isTrue = false;
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    // Its processes are groups of their own: nobody else would end them.
    process.on(signal, () => void stack.stop().finally(() => process.exit(status)));
  }
  try {
    report.line(`control plane ${stack.url}, Azure ${stack.simulator.url}`);
    await runDemo(stack, report);
    isTrue = true;
  } finally {
    await stack.stop();
    if (isTrue) rmSync(stateFolder, { recursive: true, force: true });
    else process.stderr.write(`The logs are in ${stateFolder}.\n`);
  }
  report.step('All of it was true.');
}

async function runDemo(stack: Stack, report: Report): Promise<void> {
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

async function countWhatIsLeft(stack: Stack, report: Report): Promise<void> {
  const response = await fetch(new URL('/control/resources', stack.simulator.url));
  const left = (await response.json()) as { billable: unknown[]; machines: unknown[] };
  const count = left.billable.length + left.machines.length;
  report.step(`What is left in the simulated Azure: ${count} billable resources and machines`);
  check('nothing is left', count === 0);
}

main().catch((error: unknown) => {
  process.stderr.write(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
