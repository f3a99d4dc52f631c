import { MusterClient } from '../client';
import type { WorkerView } from '../shared/contracts';
import type { Report } from './demo/report';
import { check, countWhatIsLeft, fail, runDemo } from './demo/run-demo';
import { waitUntil } from './demo/wait-until';
import { putLocalTemplates } from './local-azure/templates';
import type { Stack } from './stack/stack';

const taskCount = 60;
const location = 'westeurope';

/** A cluster of Spot VMs that grows while it works, loses a VM, is refused for want of quota, and goes. */
async function show(stack: Stack, report: Report): Promise<void> {
  const client = new MusterClient({ url: stack.url, key: stack.key });
  await putLocalTemplates(client, stack.simulator.subscriptionId);
  await createSpots(client, report);
  const [victim] = await client.listWorkers('spots');
  const jobId = await beginJob(client, report, victim!.id);
  await growTo(client, report, 5);
  const evicted = await evict({ client, report, stack }, victim!);
  await endJob(client, report, { jobId, evicted });
  await refuseForQuota({ client, report, stack });
  await remove(client, report);
  await countWhatIsLeft(stack, report);
}

async function untilEnrolled(client: MusterClient, report: Report, count: number): Promise<void> {
  await waitUntil(`${count} workers enrolled`, async () => {
    const view = await client.getScaleSet('spots');
    report.progress('workers enrolled', view?.workers.enrolled ?? 0, count);
    return view?.state === 'ready' && view.workers.enrolled === count;
  });
}

async function createSpots(client: MusterClient, report: Report): Promise<void> {
  report.step("Creating scale set 'spots': 2 Spot VMs");
  await client.putScaleSet('spots', { template: 'cbox', capacity: 2, spot: {} });
  await untilEnrolled(client, report, 2);
}

/** Half a second of work a task; the worker that is to be evicted would take ten minutes for its own. */
async function beginJob(client: MusterClient, report: Report, victim: string): Promise<string> {
  report.step(`Running an array job of ${taskCount} tasks`);
  const job = await client.submitJob({
    target: { scaleSet: 'spots' },
    array: { count: taskCount },
    environmentVariables: { SLOW: victim },
    run: { script: 'if [ "$MUSTER_WORKER" = "$SLOW" ]; then sleep 600; else sleep 0.5; fi' },
  });
  await waitUntil('two tasks run', async () => {
    const tasks = await client.listTasks(job.id);
    return tasks.filter((task) => task.state === 'running').length === 2;
  });
  return job.id;
}

async function growTo(client: MusterClient, report: Report, count: number): Promise<void> {
  report.step(`Growing by 3 while its tasks run`);
  await client.growScaleSet('spots', 3, { idempotencyKey: 'three-more' });
  await client.growScaleSet('spots', 3, { idempotencyKey: 'three-more' });
  report.line('The call was sent twice with one Idempotency-Key, as after a lost answer: it counts once.');
  await untilEnrolled(client, report, count);
}

interface Evicted {
  worker: string;
  task: number;
}

async function evict({ client, report, stack }: Demo, { id, resourceId }: WorkerView): Promise<Evicted> {
  const victim = await waitUntil('the worker has a task', async () =>
    (await client.listWorkers('spots')).find((worker) => worker.id === id && worker.running !== null),
  );
  report.step(`Azure evicts the VM of ${id}, which runs task ${victim.running!.task}, with 6 s of notice`);
  await control(stack, 'evict', { resourceId, noticeMs: 6000 });
  await waitUntil('its agent says so', async () => {
    const now = (await client.listWorkers('spots')).find((worker) => worker.id === victim.id);
    return now?.state === 'evicting';
  });
  report.line('Its agent noticed, takes nothing new, and gives its task the rest of the notice.');
  await waitUntil('another VM is in its place', async () => {
    const workers = await client.listWorkers('spots');
    const enrolled = workers.filter((worker) => worker.state === 'enrolled');
    report.progress('workers enrolled', enrolled.length, 5);
    return enrolled.length === 5 && !workers.some((worker) => worker.id === victim.id);
  });
  for (const event of (await client.listScaleSetEvents('spots')).filter(({ code }) => /^Evict/.test(code)))
    report.line(`${event.code}: ${event.message}`);
  return { worker: victim.id, task: victim.running!.task };
}

async function endJob(
  client: MusterClient,
  report: Report,
  { jobId, evicted }: { jobId: string; evicted: Evicted },
): Promise<void> {
  const ended = await waitUntil('the job ended', async () => {
    const view = await client.waitForJob(jobId, 0);
    report.progress('tasks ended', view.tasks.succeeded + view.tasks.failed, view.tasks.total);
    return view.endedAt !== null && view;
  });
  check('every task succeeded', ended.state === 'succeeded' && ended.tasks.succeeded === taskCount);
  const tasks = await client.listTasks(jobId);
  const byWorker = new Map<string, number>();
  for (const { worker } of tasks) byWorker.set(worker!, (byWorker.get(worker!) ?? 0) + 1);
  for (const [worker, count] of [...byWorker].sort()) report.line(`${worker.padEnd(20)} ${count} tasks`);
  check('five workers took part', byWorker.size === 5);
  check('the evicted one finished nothing', !byWorker.has(evicted.worker));
  report.line(`task ${evicted.task}, begun on ${evicted.worker}, ended on ${tasks[evicted.task]!.worker}`);
}

interface Demo {
  client: MusterClient;
  report: Report;
  stack: Stack;
}

async function control(stack: Stack, name: string, body: object): Promise<void> {
  const url = new URL(`/control/${name}`, stack.simulator.url);
  await fetch(url, { method: 'POST', body: JSON.stringify(body) });
}

async function refuseForQuota({ client, report, stack }: Demo): Promise<void> {
  report.step('Growing by 10 where the subscription has room for 2');
  await control(stack, 'quota', { location, name: 'lowPriorityCores', limit: 14 });
  await client.growScaleSet('spots', 10);
  const condition = await waitUntil('the condition says so', async () => {
    const view = await client.getScaleSet('spots');
    return view?.condition?.code === 'QuotaExceeded' && view.capacity.enrolled === 7 && view.condition;
  });
  report.line(`${condition.code}: ${condition.message}`);
  check('it says by how much', condition.message.includes('short by 16'));
  report.step('Asking for 3 instead');
  await client.putScaleSet('spots', { template: 'cbox', capacity: 3, spot: {} });
  await untilEnrolled(client, report, 3);
}

async function remove(client: MusterClient, report: Report): Promise<void> {
  report.step('Removing one worker, then all');
  const [worker] = await client.listWorkers('spots');
  await client.removeWorker('spots', worker!.id);
  await untilEnrolled(client, report, 2);
  await client.deleteScaleSet('spots');
  check(
    'Azure confirms the deletion',
    await client.waitForScaleSet('spots', { for: 'deleted', timeoutSeconds: 60 }),
  );
}

runDemo(show).catch(fail);
