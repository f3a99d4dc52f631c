import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { EnrolRequest, LeaseRequest } from '../../shared/contracts/worker-protocol';
import { isDead } from './support/process-state';
import { until } from './support/until';
import { eachWorld } from './support/each-world';
import type { World } from './support/world';

const enrolPath = '/api/workers/enrol';
const leasePath = '/api/workers/lease';
const error = (code: string, message: string) => ({ error: { code, message } });

let world: World;
eachWorld((made) => (world = made));

/** A task that tells its pid and ends when `release` is called. */
async function gatedTask() {
  const gate = world.openFile('gate');
  const jobId = await world.script('echo $$; while [ ! -e "$GATE" ]; do sleep 0.02; done; echo done', {
    environmentVariables: { GATE: gate },
  });
  const { writeFileSync } = await import('node:fs');
  const begun = async (): Promise<string> =>
    (
      await until('the task runs', async () => {
        const output = await world.storage.streamSoFar(jobId, 'stdout');
        return output.length > 0 && output;
      })
    )
      .toString()
      .trim();
  return { jobId, begun, release: () => writeFileSync(gate, '') };
}

describe('enrolment', () => {
  it('tells the facts of the metadata service, asked without a proxy', async () => {
    await world.startAgent({
      environment: { http_proxy: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9' },
    });
    const call = await until('the agent enrols', () => world.plane.of(enrolPath)[0]);
    expect(world.plane.imds[0]).toEqual({
      metadata: 'true',
      url: '/metadata/instance?api-version=2021-02-01',
    });
    const request = EnrolRequest.parse(call.body);
    expect(request).toMatchObject({ joinToken: 'join-token-secret', owner: { name: 'cbox' } });
    expect(request.instance).toMatchObject({
      name: 'vm1',
      scaleSetName: 'cbox',
      resourceGroup: 'rg',
      privateIpAddress: '10.0.0.4',
      zone: '',
    });
  });

  it('is asked for again while pending, while the server fails, and while it is away', async () => {
    const answers = [
      { status: 202, body: { state: 'pending', retryAfterMs: 10, message: 'not seen in Azure yet' } },
      { status: 503, headers: { 'retry-after': '0' } },
      { status: 403 },
    ];
    const agent = await world.startAgent();
    const admitted = world.plane.enrol;
    world.plane.enrol = (call) => answers.shift() ?? admitted(call);
    await agent.logged('enrolled');
    expect(world.plane.of(enrolPath)).toHaveLength(4);
    const runs = new Set(world.plane.of(enrolPath).map((call) => call.body.agentRunId));
    expect(runs.size).toBe(1);
  });

  it.each([401, 403, 409, 410])('that is refused with %d ends the agent for good', async (status) => {
    world.plane.enrol = () => ({ status, body: error('Refused', 'this VM is not wanted') });
    const agent = world.startAgentAsIs();
    expect(await agent.ended).toEqual({ code: 42, signal: null });
    expect(agent.events.find((line) => line.event === 'enrolment-refused')?.message).toBe(
      'this VM is not wanted',
    );
  });

  it('is not tried with a configuration that cannot work', async () => {
    const agent = world.startAgentAsIs({ config: { owner: { kind: 'scale-set' }, taskUser: 'nobody' } });
    expect(await agent.ended).toEqual({ code: 42, signal: null });
    expect(agent.stderr).toContain('owner.name');
    expect(world.plane.calls).toHaveLength(0);
  });

  it('is not tried by root without an unprivileged user for its tasks', async () => {
    for (const taskUser of [undefined, 'no-such-user', 'root']) {
      const agent = world.startAgentAsIs({ config: { taskUser } });
      if (world.isRoot) expect(await agent.ended).toEqual({ code: 42, signal: null });
    }
    expect(world.plane.calls.filter((call) => world.isRoot && call.path === enrolPath)).toHaveLength(0);
  });
});

describe('the lease', () => {
  it('is renewed with the token and tells what runs', async () => {
    const { jobId, begun, release } = await gatedTask();
    await world.startAgent({ workers: ['vm1-0', 'vm1-1'] });
    await begun();
    const call = await until('a renewal tells of the task', () =>
      world.plane.of(leasePath).find((one) => Object.keys(one.body.running as object).length === 1),
    );
    expect(call.authorization).toBe('Bearer agent-token-secret');
    const request = LeaseRequest.parse(call.body);
    expect(request).toMatchObject({ agentId: 'agent-1', state: 'working' });
    expect(Object.values(request.running)[0]).toMatchObject({ jobId, task: 0 });
    release();
    await world.storage.result(jobId);
  });

  it('that cannot be renewed stops nothing: tasks run on, and new ones are taken', async () => {
    const { jobId, begun, release } = await gatedTask();
    const agent = await world.startAgent();
    await begun();
    world.plane.isAway = true;
    await agent.logged('control-plane-unreachable');
    release();
    await world.storage.result(jobId);
    const next = await world.script('echo next');
    expect(await world.storage.result(next)).toMatchObject({ exitCode: 0 });
    const before = world.plane.of(leasePath).length;
    world.plane.isAway = false;
    await until('it renews again', () => world.plane.of(leasePath).length > before);
  });

  it('brings new access to storage without a break in the output', async () => {
    const { jobId, begun, release } = await gatedTask();
    const agent = await world.startAgent();
    const pid = await begun();
    world.plane.access = await world.access();
    await agent.logged('access-renewed');
    world.plane.access = undefined;
    release();
    expect(await world.storage.text(await world.storage.result(jobId), 'stdout')).toBe(`${pid}\ndone\n`);
  });

  it.each([
    ['the command leave', { command: 'leave' }],
    ['401', { status: 401 }],
    ['410', { status: 410 }],
  ] as const)(
    '%s ends the agent for good: tasks are killed, their messages given back',
    async (_, answer) => {
      const { jobId, begun } = await gatedTask();
      const agent = await world.startAgent({ settings: { taskLeaseMs: 60_000 } });
      const pid = await begun();
      if ('command' in answer) world.plane.command = answer.command;
      else world.plane.lease = () => ({ status: answer.status, body: error('Gone', 'the VM is deleted') });
      expect(await agent.ended).toEqual({ code: 42, signal: null });
      expect(isDead(pid)).toBe(true);
      expect(await world.storage.findResult(jobId)).toBeUndefined();
      const { receivedMessageItems } = await world.storage.work.receiveMessages();
      expect(receivedMessageItems).toHaveLength(1);
    },
  );

  it('with the command drain lets tasks end, takes no new ones, and the agent leaves', async () => {
    const { jobId, begun, release } = await gatedTask();
    const agent = await world.startAgent();
    await begun();
    world.plane.command = 'drain';
    await agent.logged('draining');
    const waiting = await world.script('echo not here');
    release();
    expect(await agent.ended).toEqual({ code: 0, signal: null });
    expect(await world.storage.findResult(jobId)).toMatchObject({ end: 'exited', exitCode: 0 });
    expect(await world.storage.findResult(waiting)).toBeUndefined();
  });
});

describe('SIGTERM', () => {
  it('drains: what runs is finished and committed, the control plane is told', async () => {
    const { jobId, begun, release } = await gatedTask();
    const agent = await world.startAgent();
    await begun();
    agent.signal('SIGTERM');
    await until('the control plane is told', () =>
      world.plane.of(leasePath).some((call) => call.body.state === 'draining'),
    );
    expect(agent.isRunning).toBe(true);
    release();
    expect(await agent.ended).toEqual({ code: 0, signal: null });
    expect(await world.storage.findResult(jobId)).toMatchObject({ end: 'exited', exitCode: 0 });
    await world.storage.queueIsEmpty();
  });

  it('once more: tasks are killed, and their messages are there for others at once', async () => {
    const { jobId, begun } = await gatedTask();
    const agent = await world.startAgent({ settings: { taskLeaseMs: 60_000 } });
    const pid = await begun();
    agent.signal('SIGTERM');
    await agent.logged('draining');
    agent.signal('SIGTERM');
    expect(await agent.ended).toEqual({ code: 0, signal: null });
    expect(isDead(pid)).toBe(true);
    expect(await world.storage.findResult(jobId)).toBeUndefined();
    const { receivedMessageItems } = await world.storage.work.receiveMessages();
    expect(receivedMessageItems).toHaveLength(1);
  });

  it('before enrolment ends the agent', async () => {
    world.plane.enrol = () => ({
      status: 202,
      body: { state: 'pending', retryAfterMs: 60_000, message: 'wait' },
    });
    const agent = world.startAgentAsIs();
    await agent.logged('enrolment-pending');
    agent.signal('SIGTERM');
    expect(await agent.ended).toEqual({ code: 0, signal: null });
  });
});

describe('secrets', () => {
  it('are never logged, not when storage and control plane fail either', async () => {
    const { jobId, begun, release } = await gatedTask();
    const agent = await world.startAgent();
    await begun();
    world.plane.isAway = true;
    world.proxies.blob.cut();
    world.proxies.queue.cut();
    release();
    await agent.logged('storage-retry');
    await agent.logged('control-plane-unreachable');
    await agent.logged('task-lease-not-renewed');
    world.proxies.blob.mend();
    world.proxies.queue.mend();
    await world.storage.result(jobId);
    for (const secret of ['join-token-secret', 'agent-token-secret', 'sig='])
      expect(agent.stderr).not.toContain(secret);
  });

  it('in a config file that others could read are closed to them', async () => {
    const agent = await world.startAgent();
    const file = path.join(world.folder, 'agent.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await agent.logged('enrolled');
    const { chmodSync } = await import('node:fs');
    chmodSync(file, 0o644);
    const second = world.startAgentAsIs();
    await second.logged('config-readable-by-others');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toContain('join-token-secret');
  });
});
