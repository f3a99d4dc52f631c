import { eventNames, orchestratorNames, ownerInstanceId } from '../../shared/durable';
import { owner, PretendAzure, settings } from './pretend-azure';
import { startSteppedRun, type SteppedRun } from './stepped-run';

const instanceId = ownerInstanceId(owner);
let azure: PretendAzure;
let run: SteppedRun;

async function begin(capacity: number): Promise<void> {
  run = await startSteppedRun((now) => {
    azure = new PretendAzure(now, capacity);
    return azure.activities();
  });
}
const start = () => run.engine.startNew({ name: orchestratorNames.scaleSet, instanceId, input: { owner } });
const changed = () => run.engine.raiseEvent(instanceId, eventNames.desiredChanged, {});
const isReady = (size: number) => () => azure.status.state === 'ready' && azure.size === size;

afterEach(() => run.close());

describe('the scale-set orchestrator', () => {
  it('creates a set, and says in its custom status that it is ready', async () => {
    await begin(3);
    await start();
    await run.stepUntil(isReady(3));
    expect(azure.steps).toEqual(['createScaleSet']);
    expect(azure.status.capacity).toEqual({ desired: 3, provisioned: 3, enrolled: 3 });
    const status = await run.engine.status(instanceId);
    expect(status).toMatchObject({ customStatus: { state: 'ready', condition: null } });
    expect(azure.timeline.map((event) => event.code)).toContain('StateChanged');
  });

  it('grows and shrinks when told of a change, without waiting for its next look', async () => {
    await begin(1);
    await start();
    await run.stepUntil(isReady(1));
    await run.step(20_000);
    azure.wanted!.capacity = 4;
    await changed();
    await run.step(2_000);
    expect(azure.calls.at(-1)).toMatchObject({ step: 'setScaleSetCapacity', input: { capacity: 4 } });
    await run.stepUntil(isReady(4));
    azure.wanted!.capacity = 2;
    await changed();
    await run.stepUntil(isReady(2));
    expect(azure.calls.at(-1)).toMatchObject({ step: 'deleteScaleSetInstances' });
  });

  it('sees a change by itself at its next look where the event was lost', async () => {
    await begin(1);
    await start();
    await run.stepUntil(isReady(1));
    azure.wanted!.capacity = 2;
    await run.stepUntil(isReady(2), { hours: 0.1 });
  });

  it('deletes the set, forgets it and completes', async () => {
    await begin(2);
    await start();
    await run.stepUntil(isReady(2));
    azure.wanted = { ...azure.wanted!, wanted: 'absent' };
    await changed();
    await run.stepUntil(() => azure.wanted === null);
    const finished = await run.engine.whenFinished(instanceId);
    expect(finished).toMatchObject({ runtimeStatus: 'Completed' });
    expect(azure.steps.slice(-2)).toEqual(['deleteScaleSet', 'forgetScaleSet']);
    expect(azure.size).toBe(0);
  });

  it('completes at once where there is nothing left to serve', async () => {
    await begin(0);
    azure.wanted = null;
    await start();
    expect(await run.engine.whenFinished(instanceId)).toMatchObject({ runtimeStatus: 'Completed' });
    expect(azure.steps).toEqual([]);
  });

  it('tries again after a refusal, no sooner than it said, each pause longer than the one before', async () => {
    await begin(1);
    azure.refuse.push(...Array.from({ length: 4 }, () => 'AllocationFailed'));
    await start();
    await run.stepUntil(isReady(1));
    const attempts = azure.calls.filter((call) => call.step === 'createScaleSet').map((call) => call.at);
    const pauses = attempts.slice(1).map((at, index) => at - attempts[index]!);
    expect(attempts).toHaveLength(5);
    pauses.forEach((pause, index) => {
      const said = settings.retryBaseMs * 2 ** index;
      expect(pause).toBeGreaterThanOrEqual(said);
      // The look after the pause comes with the next round.
      expect(pause).toBeLessThanOrEqual(said + settings.busyLookMs + 2_000);
    });
    expect(azure.timeline.filter((event) => event.code === 'AllocationFailed')).toHaveLength(1);
  });

  it('says that Azure cannot be asked, and goes on when it answers again', async () => {
    await begin(1);
    await start();
    await run.stepUntil(isReady(1));
    azure.isAnswering = false;
    await run.stepUntil(() => azure.status.condition?.code === 'TransportError');
    expect(azure.status.state).toBe('ready');
    await run.stepUntil(() => azure.status.failures >= 4);
    azure.isAnswering = true;
    await run.stepUntil(() => azure.status.condition === null);
    expect(azure.status).toMatchObject({ state: 'ready', failures: 0 });
  });

  it('goes on where it was when the host is stopped and started again', async () => {
    await begin(2);
    await start();
    await run.stepUntil(() => azure.steps.includes('createScaleSet'));
    await run.restart();
    await run.stepUntil(isReady(2));
    await run.restart();
    azure.wanted!.capacity = 3;
    await changed();
    await run.stepUntil(isReady(3));
    expect(azure.steps.filter((step) => step === 'createScaleSet')).toHaveLength(1);
  });

  it('replaces a VM whose worker is lost for long, and no other (W-7, W-8)', async () => {
    await begin(3);
    await start();
    await run.stepUntil(isReady(3));
    azure.silent.set('1', run.clock.now());
    await run.stepUntil(() => azure.size === 3 && !azure.names.includes('1'), { hours: 0.2 });
    expect(azure.names).toEqual(['0', '2', '3']);
    expect(azure.timeline.filter((event) => event.code === 'Silent')).toHaveLength(1);
  });

  it('loses nobody over its own absence: agents are heard again before any is taken for dead', async () => {
    await begin(3);
    await start();
    await run.stepUntil(isReady(3));
    const now = run.clock.now();
    for (const name of azure.names) azure.silent.set(name, now);
    await run.restart();
    // Nothing looks for ten minutes; then the agents are back a moment after the host.
    run.clock.advance(600_000);
    await run.step(5_000);
    azure.silent.clear();
    await run.step(300_000);
    expect(azure.names).toEqual(['0', '1', '2']);
    expect(azure.steps).toEqual(['createScaleSet']);
  });

  it('stops growing after ten failed boots in a row, has deleted what failed, and tries anew when asked', async () => {
    await begin(12);
    azure.areBootsFailing = true;
    await start();
    await run.stepUntil(() => azure.status.condition?.code === 'BootsFailing' && azure.size === 0, {
      hours: 12,
    });
    expect(azure.status.state).toBe('failed');
    const made = Math.max(
      ...azure.timeline.map((event) => Number(/set_(\d+)/.exec(event.message)?.[1] ?? 0)),
    );
    expect(made).toBeLessThan(30);
    azure.areBootsFailing = false;
    azure.wanted = { ...azure.wanted!, generation: 2 };
    await changed();
    await run.stepUntil(isReady(12));
  });

  it('keeps its history short, however long it lives', async () => {
    await begin(1);
    await start();
    await run.stepUntil(isReady(1));
    await run.step(1_200_000);
    const status = await run.engine.status(instanceId, { showHistory: true });
    expect(status?.runtimeStatus).toBe('Running');
    expect(status?.historyEvents?.length).toBeLessThan(30);
  });
});
