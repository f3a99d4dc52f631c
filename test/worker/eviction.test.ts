import { readFileSync, writeFileSync } from 'node:fs';
import { evictionTimes } from '../../worker/lifecycle';
import { evictionIn, isEvictable } from '../../worker/scheduled-events';
import { until } from './support/until';
import { eachWorld } from './support/each-world';
import type { World } from './support/world';

const leasePath = '/api/workers/lease';
const event = (rest: object = {}) => ({
  EventId: 'E-1',
  EventType: 'Preempt',
  EventStatus: 'Scheduled',
  ResourceType: 'VirtualMachine',
  Resources: ['VM1'],
  NotBefore: 'Mon, 19 Sep 2016 18:29:47 GMT',
  ...rest,
});
const listOf = (...events: object[]) => ({ DocumentIncarnation: 2, Events: events });

describe('the list of scheduled events', () => {
  it('holds an eviction where a Preempt or Terminate event names this VM, in any case', () => {
    const seen = { eventId: 'E-1', notBefore: '2016-09-19T18:29:47.000Z' };
    expect(evictionIn(listOf(event()), 'vm1')).toEqual(seen);
    expect(
      evictionIn(listOf(event({ EventType: 'Freeze' }), event({ EventType: 'Terminate' })), 'vm1'),
    ).toEqual(seen);
  });

  it('holds none where the events are of another kind, or of other VMs of the group', () => {
    expect(evictionIn(listOf(), 'vm1')).toBeUndefined();
    expect(evictionIn(listOf(event({ EventType: 'Reboot' })), 'vm1')).toBeUndefined();
    expect(evictionIn(listOf(event({ Resources: ['vm10', 'vm2'] })), 'vm1')).toBeUndefined();
  });

  it('is understood when the event has started, whose NotBefore is empty', () => {
    const started = listOf(event({ EventStatus: 'Started', NotBefore: '' }));
    expect(evictionIn(started, 'vm1')).toEqual({ eventId: 'E-1', notBefore: null });
  });

  it('is asked for on Spot VMs alone', () => {
    expect(['Spot', 'Low', 'Regular', ''].map(isEvictable)).toEqual([true, true, false, false]);
  });
});

test('a notice is shared: the task has it until SIGTERM, then its grace, and the agent the end', () => {
  expect(evictionTimes(30_000, 15_000)).toEqual({ terminateInMs: 15_000, stopInMs: 25_000 });
  expect(evictionTimes(4000, 15_000)).toEqual({ terminateInMs: 2000, stopInMs: 3000 });
  expect(evictionTimes(-5, 15_000)).toEqual({ terminateInMs: 0, stopInMs: 0 });
});

describe('an agent on a Spot VM', () => {
  let world: World;
  eachWorld((made) => (world = made));
  beforeEach(() => void (world.plane.priority = 'Spot'));

  const evict = (noticeMs: number): string => {
    const notBefore = new Date(Date.now() + noticeMs).toUTCString();
    world.plane.scheduledEvents = { status: 200, body: listOf(event({ NotBefore: notBefore })) };
    return new Date(notBefore).toISOString();
  };
  const runs = (jobId: string) =>
    until('the task runs', async () => (await world.storage.streamSoFar(jobId, 'stdout')).length > 0);

  it('says so at once, lets the task that ends in time count, approves, and is not started again', async () => {
    const seen = world.openFile('seen');
    const script =
      'echo on; while [ ! -e "$MUSTER_EVICTION_FILE" ]; do sleep 0.02; done; cat "$MUSTER_EVICTION_FILE" > "$SEEN"; echo saved';
    const jobId = await world.script(script, { environmentVariables: { SEEN: seen } });
    const agent = await world.startAgent({ settings: { leaseRenewalMs: 60_000 } });
    await runs(jobId);
    const notBefore = evict(20_000);
    expect(await agent.ended).toEqual({ code: 42, signal: null });
    const result = await world.storage.result(jobId);
    expect(result).toMatchObject({ end: 'exited', exitCode: 0 });
    expect(await world.storage.text(result, 'stdout')).toBe('on\nsaved\n');
    const notice = JSON.parse(readFileSync(seen, 'utf8')) as { notBefore: string; terminateAt: string };
    expect(notice.notBefore).toBe(notBefore);
    expect(Date.parse(notBefore) - Date.parse(notice.terminateAt)).toBe(1500);
    const told = world.plane.of(leasePath).map((call) => call.body);
    const eviction = { eventId: 'E-1', notBefore };
    expect(told[0]).toMatchObject({ state: 'working', eviction: null });
    expect(told.find((one) => one.state === 'draining')).toMatchObject({
      eviction,
      running: { 'vm1-0': { jobId } },
    });
    expect(told.at(-1)).toMatchObject({ state: 'draining', eviction, running: {} });
    expect(world.plane.approvals).toEqual([{ StartRequests: [{ EventId: 'E-1' }] }]);
    expect(world.plane.imds.at(-1)).toEqual({
      metadata: 'true',
      url: '/metadata/scheduledevents?api-version=2020-07-01',
    });
  });

  it('ends what is left when the time is up with SIGTERM, and hands it to another worker, as no attempt of its', async () => {
    const again = world.openFile('again');
    const script =
      'if [ -e "$AGAIN" ]; then echo whole; exit; fi; trap "echo saved; exit 0" TERM; echo begun; while :; do sleep 0.02; done';
    const jobId = await world.script(script, { environmentVariables: { AGAIN: again }, maxAttempts: 1 });
    const evicted = await world.startAgent({ settings: { taskLeaseMs: 60_000, taskLeaseRenewalMs: 30_000 } });
    await runs(jobId);
    evict(3000);
    expect(await evicted.ended).toEqual({ code: 42, signal: null });
    expect(await world.storage.findResult(jobId)).toBeUndefined();
    expect((await world.storage.streamSoFar(jobId, 'stdout')).toString()).toBe('begun\nsaved\n');
    writeFileSync(again, '');
    world.plane.scheduledEvents = { status: 200, body: listOf() };
    await world.startAgent();
    const result = await world.storage.result(jobId);
    expect(result).toMatchObject({ end: 'exited', exitCode: 0 });
    expect(await world.storage.text(result, 'stdout')).toBe('whole\n');
  });

  it('kills a task that does not heed SIGTERM, and goes within the notice', async () => {
    const jobId = await world.script('trap "" TERM; echo begun; while :; do sleep 0.02; done');
    const agent = await world.startAgent();
    await runs(jobId);
    const notBefore = evict(4000);
    expect((await agent.ended).code).toBe(42);
    expect(Date.now()).toBeLessThan(Date.parse(notBefore));
    expect(await world.storage.findResult(jobId)).toBeUndefined();
  });

  it('works on while the metadata service fails or answers what nobody understands', async () => {
    world.plane.scheduledEvents = { status: 500 };
    const agent = await world.startAgent();
    await agent.logged('scheduled-events-unavailable');
    world.plane.scheduledEvents = { status: 200, body: { Events: 'none' } };
    const asked = world.plane.imds.length;
    await until('it asks on', () => world.plane.imds.length >= asked + 2);
    const jobId = await world.script('[ -e "$MUSTER_EVICTION_FILE" ] || echo quiet');
    const result = await world.storage.result(jobId);
    expect(await world.storage.text(result, 'stdout')).toBe('quiet\n');
    expect(agent.isRunning).toBe(true);
  });
});
