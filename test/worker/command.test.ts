import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { LeaseRequest } from '../../shared/contracts';
import type { CommandState } from '../../shared/contracts/worker-command';
import { isDead } from './support/process-state';
import { until } from './support/until';
import { eachWorld } from './support/each-world';
import type { World } from './support/world';

let world: World;
eachWorld((made) => (world = made));

const shell = (script: string) => ({ program: '/bin/sh', arguments: ['-c', script] });

/** How the command stands by the last renewal. */
function told(worker = 'vm1-0'): CommandState | undefined {
  const call = world.plane.of('/api/workers/lease').at(-1);
  return call && LeaseRequest.parse(call.body).commands[worker];
}
const inState = (state: CommandState['state'], isSo: (command: CommandState) => boolean = () => true) =>
  until(`the command is ${state}`, () => {
    const command = told();
    return command?.state === state && isSo(command) ? command : undefined;
  });

/** What all runs of a worker wrote, oldest first. */
async function output(stream: 'stdout' | 'stderr', worker = 'vm1-0'): Promise<string[]> {
  const texts: string[] = [];
  for await (const { name } of world.storage.jobs.listBlobsFlat({ prefix: `workers/${worker}/` })) {
    if (!name.endsWith(`${stream}.0000`)) continue;
    texts.push((await world.storage.jobs.getBlobClient(name).downloadToBuffer()).toString());
  }
  return texts;
}

describe('a worker`s command', () => {
  test('runs in place of tasks, knows where it stands, and writes to storage', async () => {
    world.plane.members = {
      scaleSet: 'cbox',
      size: 8,
      workers: [
        { index: 0, worker: 'vm0-0', address: '10.0.0.3' },
        { index: 7, worker: 'vm1-1', address: '10.0.0.4' },
      ],
    };
    const names =
      'SCALE_SET SCALE_SET_SIZE WORKER WORKER_INDEX WORKER_SLOT WORKER_ADDRESS WORKER_ADDRESSES WORKER_PORT';
    const script = `for name in ${names}; do eval echo "$name=\\$MUSTER_$name"; done; cat $MUSTER_WORKERS_FILE; echo $OWN $SET; sleep 600`;
    await world.startAgent({
      workers: ['vm1-0', 'vm1-1'],
      admitted: { SET: 'of the set' },
      command: { ...shell(script), environmentVariables: { OWN: 'its own' }, readiness: { port: 9000 } },
    });
    const task = await world.script('echo nobody runs this');
    await until('both wrote', async () => (await output('stdout', 'vm1-1'))[0]?.includes('its own'));
    expect((await output('stdout', 'vm1-1'))[0]).toBe(
      [
        'SCALE_SET=cbox',
        'SCALE_SET_SIZE=8',
        'WORKER=vm1-1',
        'WORKER_INDEX=7',
        'WORKER_SLOT=1',
        'WORKER_ADDRESS=10.0.0.4',
        'WORKER_ADDRESSES=10.0.0.3,10.0.0.4',
        'WORKER_PORT=9001',
        JSON.stringify((world.plane.members as { workers: object }).workers),
        'its own of the set',
        '',
      ].join('\n'),
    );
    expect(await world.storage.findResult(task)).toBeUndefined();
  });

  test('is ready at once where nothing is said of it', async () => {
    await world.startAgent({ command: shell('sleep 600') });
    expect(await inState('ready')).toMatchObject({ restarts: 0, exitCode: null });
  });

  test('is ready once a line of its stdout says so, and no sooner', async () => {
    const gate = world.openFile('go');
    const script = `echo starting; until [ -e ${gate} ]; do sleep 0.02; done; echo "listening on 1234"; sleep 600`;
    await world.startAgent({
      command: { ...shell(script), readiness: { stdoutLine: '^listening on \\d+$' } },
    });
    await inState('starting');
    await until('it has begun', async () => (await output('stdout'))[0] === 'starting\n');
    expect(told()?.state).toBe('starting');
    writeFileSync(gate, '');
    await inState('ready');
    rmSync(gate);
  });

  test('is ready once it takes connections', async () => {
    world.plane.address = '127.0.0.1';
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await world.startAgent({ command: { ...shell('sleep 600'), readiness: { port } } });
    await inState('starting');
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    await inState('ready');
    await new Promise((resolve) => server.close(resolve));
  });

  test('is started again when it ends, each run with its own output', async () => {
    await world.startAgent({ command: { ...shell('echo run; exit 3'), restartDelayMs: 10 } });
    await inState('restarting', (command) => command.restarts >= 2 && command.exitCode === 3);
    expect((await output('stdout')).slice(0, 3)).toEqual(['run\n', 'run\n', 'run\n']);
  });

  test.each([
    ['with code 42, whatever its policy', 'exit 42', 'always', 42],
    ['with success, where failures alone are to be mended', 'exit 0', 'on-failure', 0],
    ['in any way, where it is to run once', 'exit 5', 'never', 5],
  ] as const)('is not started again when it ends %s', async (_what, script, restart, exitCode) => {
    const agent = await world.startAgent({ command: { ...shell(script), restart, restartDelayMs: 10 } });
    expect(await inState('ended')).toMatchObject({ restarts: 0, exitCode });
    // The control plane decides what becomes of the worker; then the agent has nothing left to do.
    expect(agent.isRunning).toBe(true);
    world.plane.removedWorkers = ['vm1-0'];
    expect(await agent.ended).toEqual({ code: 0, signal: null });
    expect(await output('stdout')).toHaveLength(1);
  });

  test('that is not there says so on its stderr, and is tried again', async () => {
    await world.startAgent({ command: { program: 'no-such-server', restartDelayMs: 10 } });
    await inState('restarting', (command) => command.exitCode === 127);
    expect((await output('stderr'))[0]).toContain('the program "no-such-server" was not found');
  });

  test('ends with its worker: asked first, its last words kept', async () => {
    const file = world.openFile('pid');
    const script = `trap 'echo bye; exit 0' TERM; echo $$ > ${file}; while :; do sleep 0.02; done`;
    const agent = await world.startAgent({ command: shell(script) });
    const pid = await until(
      'it runs',
      () => (existsSync(file) && readFileSync(file, 'utf8').trim()) || undefined,
    );
    world.plane.command = 'drain';
    expect(await agent.ended).toEqual({ code: 0, signal: null });
    expect(isDead(pid)).toBe(true);
    expect(await output('stdout')).toEqual(['bye\n']);
  });

  test('has the rest of its notice when the VM is evicted', async () => {
    world.plane.priority = 'Spot';
    const script = `trap 'echo terminated; exit 0' TERM
      until [ -e "$MUSTER_EVICTION_FILE" ]; do sleep 0.02; done; echo noticed; while :; do sleep 0.02; done`;
    const agent = await world.startAgent({ command: shell(script) });
    await inState('ready');
    const notBefore = new Date(Date.now() + 4000).toUTCString();
    world.plane.scheduledEvents = {
      status: 200,
      body: {
        DocumentIncarnation: 2,
        Events: [{ EventId: 'e', EventType: 'Preempt', Resources: ['vm1'], NotBefore: notBefore }],
      },
    };
    expect(await agent.ended).toEqual({ code: 42, signal: null });
    expect(await output('stdout')).toEqual(['noticed\nterminated\n']);
  });
});
