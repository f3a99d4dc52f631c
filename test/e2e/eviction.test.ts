import type { TimelineEvent } from '../../shared/contracts';
import { eventually, startLocalStack, text, type LocalStack } from '../support/local-stack';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack({ MUSTER_EVICTION_TERMINATE_MS: '4000' });
  await putSpotTemplate();
  await stack.client.putScaleSet('spots', { template: 'spots', capacity: 1 });
  await eventually('a worker', async () => (await workers()).some((one) => one.state === 'enrolled'));
}, 90_000);
afterAll(() => stack?.dispose());

const enrolled = () =>
  eventually('an enrolled worker', async () => {
    const found = (await workers()).filter(({ state }) => state === 'enrolled');
    return found.length > 0 && found;
  });
const workers = () => stack.client.listWorkers('spots');

interface Template {
  value: { properties: { virtualMachineProfile: object } };
}

async function getJson<Body>(path: string): Promise<Body> {
  const response = await fetch(new URL(path, stack.url), { headers: { 'x-functions-key': stack.key } });
  return (await response.json()) as Body;
}

/** The template `cbox` as Spot. */
async function putSpotTemplate(): Promise<void> {
  const { template: regular } = await getJson<{ template: Template }>('/api/templates/scale-set/cbox');
  const profile = {
    ...regular.value.properties.virtualMachineProfile,
    priority: 'Spot',
    evictionPolicy: 'Delete',
    billingProfile: { maxPrice: -1 },
  };
  const properties = { ...regular.value.properties, virtualMachineProfile: profile };
  const spot = { ...regular, value: { ...regular.value, properties } };
  await stack.client.putTemplate('scale-set', 'spots', spot);
}

/** What Azure does when it needs the room; the simulator's control API. */
async function evict(resourceId: string, noticeMs: number): Promise<void> {
  const response = await fetch(new URL('/control/evict', stack.simulator.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceId, noticeMs }),
  });
  expect(response.ok).toBe(true);
}

test('an evicted VM gives its task notice; the task is requeued at once and ends whole on another VM', async () => {
  const [first] = await workers();
  expect(first).toMatchObject({ state: 'enrolled', priority: 'Spot' });
  const job = await stack.client.submitJob({
    target: { scaleSet: 'spots' },
    environmentVariables: { FIRST: first!.id },
    // One run more, for one exit code: were the eviction counted, there would be none left.
    retry: { limit: 1, exitCodes: [75] },
    run: {
      script: `echo "begun on $MUSTER_WORKER"
trap 'echo terminated; exit 0' TERM
if [ "$MUSTER_WORKER" = "$FIRST" ]; then
  until [ -e "$MUSTER_EVICTION_FILE" ]; do sleep 0.05; done
  echo "noticed"
  while :; do sleep 0.05; done
fi
[ "$MUSTER_TASK_RETRY" = 1 ] || exit 75
echo done`,
    },
  });
  const output = async (): Promise<string> =>
    text(await stack.client.readOutput(job.id, { task: 0, stream: 'stdout' }));
  await eventually('the task runs', async () => (await output()).includes('begun'));

  await evict(first!.resourceId, 8000);
  await eventually('the worker shows as evicting', async () =>
    (await workers()).some((one) => one.id === first!.id && one.state === 'evicting'),
  );
  await eventually('the task has had its notice', async () => (await output()).includes('noticed'));
  const events = await getJson<{ value: TimelineEvent[] }>('/api/scale-sets/spots/events');
  const noticed = events.value.filter((event) => event.code === 'EvictionNoticed');
  expect(noticed).toHaveLength(1);
  expect(noticed[0]!.message).toContain(`'${first!.instance}'`);

  const ended = await eventually('the job ended', async () => {
    const view = await stack.client.waitForJob(job.id, 5);
    return view.endedAt !== null && view;
  });
  expect(ended).toMatchObject({ state: 'succeeded', tasks: { total: 1, succeeded: 1, failed: 0 } });
  const [task] = await stack.client.listTasks(job.id);
  expect(task).toMatchObject({ state: 'succeeded', exitCode: 0, retry: 1 });
  const winner = (await output()).match(/^begun on (.*)\ndone\n$/)?.[1];
  expect(winner).toBeDefined();
  expect(winner).not.toBe(first!.id);
}, 90_000);

test('an eviction is rehearsed by a call: the worker goes, and another takes its place', async () => {
  const [worker] = await enrolled();
  await stack.client.simulateEviction('spots', worker!.id);
  await eventually('another worker in its place', async () => {
    const now = await enrolled();
    return now.length === 1 && now[0]!.id !== worker!.id;
  });
  await expect(stack.client.simulateEviction('spots', 'nobody-0')).rejects.toMatchObject({
    status: 404,
    code: 'WorkerNotFound',
  });
}, 90_000);

test('a VM that is not Spot is never evicted, and the call says so', async () => {
  await stack.client.putScaleSet('regulars', { template: 'cbox', capacity: 1 });
  const worker = await eventually(
    'a regular worker',
    async () => (await stack.client.listWorkers('regulars'))[0],
  );
  await expect(stack.client.simulateEviction('regulars', worker.id)).rejects.toMatchObject({
    status: 409,
    code: 'NotSpot',
  });
}, 90_000);
