import type { WorkerView } from '../../shared/contracts';
import { eventually, startLocalStack, text, type LocalStack } from '../support/local-stack';

/** Each answers with who it is; a POST ends it with the code in its body. */
const server = `
const { MUSTER_WORKER_ADDRESS: host, MUSTER_WORKER_PORT: port, MUSTER_WORKER_INDEX: index } = process.env;
require('node:http').createServer((request, response) => {
  let body = '';
  request.on('data', (part) => (body += part));
  request.on('end', () => {
    response.end('worker ' + index + ' of ' + process.env.MUSTER_SCALE_SET_SIZE);
    if (request.method === 'POST') setTimeout(() => process.exit(Number(body)), 50);
  });
}).listen(Number(port), host, () => console.log('worker ' + index + ' listens'));`;
const workerCommand = {
  program: 'node',
  arguments: ['-e', server],
  readiness: { port: 7000 },
  restartDelayMs: 100,
};

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
  await stack.client.putScaleSet('servers', {
    template: 'cbox',
    capacity: 2,
    workersPerInstance: 2,
    workerCommand,
  });
  expect(await stack.client.waitForScaleSet('servers', { for: 'ready', timeoutSeconds: 60 })).toBe(true);
}, 90_000);
afterAll(() => stack?.dispose());

const workers = () => stack.client.listWorkers('servers');
const portOf = (worker: WorkerView): number => 7000 + (worker.index! % 2);
const call = async (worker: WorkerView, init?: RequestInit): Promise<string> =>
  (await fetch(`http://${worker.privateIpAddress}:${portOf(worker)}/`, init)).text();

test('every worker serves, under its own number, at the address that the list gives', async () => {
  const found = await workers();
  expect(found.map((worker) => worker.index).sort()).toEqual([0, 1, 2, 3]);
  expect(found.map((worker) => worker.command?.state)).toEqual(['ready', 'ready', 'ready', 'ready']);
  for (const worker of found) expect(await call(worker)).toBe(`worker ${worker.index} of 4`);
  expect((await stack.client.getScaleSet('servers'))!.workers).toEqual({ desired: 4, enrolled: 4, ready: 4 });
});

test('one that crashes is started again, under the same number; each run keeps its output', async () => {
  const [first] = await workers();
  await call(first!, { method: 'POST', body: '1' });
  const again = await eventually('it is ready again', async () =>
    (await workers()).find(
      (one) => one.id === first!.id && one.command?.state === 'ready' && one.command.restarts === 1,
    ),
  );
  expect(again.index).toBe(first!.index);
  expect(await call(again)).toBe(`worker ${first!.index} of 4`);
  const runs = await stack.client.listWorkerRuns('servers', first!.id);
  expect(runs).toHaveLength(2);
  for (const run of [...runs, undefined])
    expect(text(await stack.client.readWorkerOutput('servers', first!.id, { stream: 'stdout', run }))).toBe(
      `worker ${first!.index} listens\n`,
    );
});

test('with the last of its workers that ends with code 42 a VM goes, and its output stays', async () => {
  const [first] = await workers();
  const pair = (await workers()).filter((one) => one.instance === first!.instance);
  for (const worker of pair) await call(worker, { method: 'POST', body: '42' });
  await eventually('one VM is left', async () => {
    const view = (await stack.client.getScaleSet('servers'))!;
    return view.state === 'ready' && view.capacity.desired === 1 && (await workers()).length === 2;
  });
  const ended = (await stack.client.listScaleSetEvents('servers')).filter(
    ({ code }) => code === 'CommandEnded',
  );
  expect(ended.map(({ message }) => message).sort()).toEqual(
    pair.map(({ id }) => `${id}: exited with code 42: not to be started again`).sort(),
  );
  expect(text(await stack.client.readWorkerOutput('servers', pair[1]!.id, { stream: 'stdout' }))).toContain(
    'listens',
  );
});

test('a job on such a scale set, and the output of nobody, are refused', async () => {
  const job = { target: { scaleSet: 'servers' }, run: { program: 'true' } };
  await expect(stack.client.submitJob(job)).rejects.toMatchObject({
    status: 409,
    code: 'ScaleSetRunsCommand',
  });
  await expect(
    stack.client.readWorkerOutput('servers', 'nobody-0', { stream: 'stderr' }),
  ).rejects.toMatchObject({ status: 404, code: 'CommandRunNotFound' });
});
