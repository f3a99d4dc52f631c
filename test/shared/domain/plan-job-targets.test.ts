import { planJob, type JobPlan, type JobSnapshot } from '../../../shared/domain';
import { job, jobPolicy, jobSettings, now, seconds } from './samples';

const plan = (snapshot: JobSnapshot): JobPlan => planJob({ snapshot, now, settings: jobSettings });
const gone = { isPresent: false, workersEnrolled: 0 };
const enqueued = { enqueuedTo: 4, scannedAt: seconds(-10), progressAt: seconds(-10) };
const policy = (changes: Partial<typeof jobPolicy>) => ({ policy: { ...jobPolicy, ...changes } });

describe('a job that commands a cluster', () => {
  const commanding = { hasControlPlaneAccess: true as const };
  const done = { progress: { succeeded: 4 }, status: enqueued };
  const release = [{ kind: 'releaseOwned', input: {} }];

  it.each([
    ['has succeeded', done],
    ['has failed', { ...done, progress: { succeeded: 3, failed: 1 } }],
    ['ended before, and perhaps did not get so far', { status: { ...enqueued, state: 'failed' as const } }],
  ])('takes what it made along, once its end is recorded, where it %s', (_what, changes) => {
    expect(plan(job({ ...changes, job: commanding }))).toMatchObject({
      isFinished: true,
      afterwards: release,
    });
    expect(plan(job(changes))).not.toHaveProperty('afterwards');
  });

  it('keeps it while it runs', () => {
    expect(plan(job({ job: commanding, status: enqueued }))).not.toHaveProperty('afterwards');
  });
});

describe('what was sent along with a job', () => {
  const sent = { hasInputs: true };
  const removal = [{ kind: 'removeInputs', input: {} }];

  it.each([
    ['succeeded', { progress: { succeeded: 4 } }],
    ['failed', { progress: { succeeded: 3, failed: 1 } }],
    ['lost its target', { target: gone, status: { condition: { code: 'TargetRemoved' } } }],
  ])('goes once it has %s', (_what, changes) => {
    const status = { ...enqueued, ...('status' in changes && (changes.status as object)) };
    const snapshot = { ...changes, status };
    expect(plan(job({ ...snapshot, job: sent }))).toMatchObject({ isFinished: true, steps: removal });
    expect(plan(job(snapshot)).steps).toEqual([]);
  });

  it('stays while it runs, and goes before a VM of its own', () => {
    expect(plan(job({ job: sent, status: enqueued })).steps).toEqual([]);
    const status = { ...enqueued, hasMadeTarget: true };
    const ended = job({ job: { ...sent, hasOwnTarget: true }, status, progress: { succeeded: 4 } });
    expect(plan(ended).steps.map((step) => step.kind)).toEqual(['removeInputs', 'releaseTarget']);
  });
});

describe('a VM of its own', () => {
  const own = { hasOwnTarget: true };
  it('is made before anything is sent', () => {
    const first = plan(job({ job: own, target: gone }));
    expect(first.steps).toEqual([{ kind: 'makeTarget', input: {} }]);
    expect(first.status).toMatchObject({ hasMadeTarget: true, condition: { code: 'MakingTarget' } });
    expect(plan(job({ job: own, status: first.status })).steps).toMatchObject([{ kind: 'enqueueTasks' }]);
  });

  it.each([
    ['goes with the job', { persist: false }, true],
    ['stays where the job says so', { persist: true }, false],
    ['that is gone already needs no removal', { persist: false, isPresent: false }, false],
  ])('%s', (_what, { isPresent = true, persist }: { isPresent?: boolean; persist: boolean }, isReleased) => {
    const status = { ...enqueued, hasMadeTarget: true };
    const snapshot = job({
      job: { ...own, persist },
      status,
      progress: { succeeded: 4 },
      target: { isPresent },
    });
    expect(plan(snapshot).steps).toEqual(isReleased ? [{ kind: 'releaseTarget', input: {} }] : []);
  });
});

describe('jobs it depends on', () => {
  const on = (
    state: 'running' | 'succeeded' | 'failed' | null,
    outcome: 'succeeded' | 'ended' = 'succeeded',
  ) => job({ status: { state: 'waiting' }, dependencies: [{ job: 'job-0', outcome, state }] });

  it('are waited for', () => {
    const { status, steps } = plan(on('running'));
    expect(steps).toEqual([]);
    expect(status).toMatchObject({ state: 'waiting', condition: { code: 'WaitingForJobs' } });
    expect(status.condition?.message).toContain("'job-0'");
  });

  it.each([
    ['succeeded', 'succeeded'],
    ['failed', 'ended'],
  ] as const)('that have %s let it begin where %s is asked for', (state, outcome) => {
    expect(plan(on(state, outcome)).steps).toMatchObject([{ kind: 'enqueueTasks' }]);
  });

  it.each([
    ['failed', /'job-0' has failed/],
    [null, /'job-0' is gone/],
  ] as const)('that have %s make it fail', (state, message) => {
    const { status, isFinished } = plan(on(state));
    expect(isFinished).toBe(true);
    expect(status).toMatchObject({
      state: 'failed',
      startedAt: null,
      condition: { code: 'DependencyFailed' },
    });
    expect(status.condition?.message).toMatch(message);
  });
});

describe('tasks that take several VMs at once', () => {
  const vms = (atWork: number, desired = 3) => ({ vms: { atWork, desired }, workersEnrolled: atWork * 2 });
  const nodes = policy({ nodes: 2 });
  const sentTo = (result: JobPlan) =>
    result.steps.flatMap((step) => (step.kind === 'enqueueTasks' ? step.input.to : []));

  it.each([
    ['none while there are not as many VMs', 1, {}, []],
    ['as many as the workers could run at once', 3, {}, [3]],
    [
      'one more than that where one has ended',
      3,
      { enqueuedTo: 3, tasks: { total: 4, succeeded: 1, failed: 0 } },
      [4],
    ],
    ['none more while so many are open', 3, { enqueuedTo: 3 }, []],
  ])('are sent: %s', (_what, atWork, status, sent) => {
    const { succeeded = 0 } = 'tasks' in status ? status.tasks : {};
    const look = job({
      job: nodes,
      target: vms(atWork),
      status: { ...enqueued, enqueuedTo: 0, ...status },
      progress: { succeeded },
    });
    expect(sentTo(plan(look))).toEqual(sent);
  });

  it('keep a bound of the job’s own', () => {
    const bounded = policy({ nodes: 2, maxRunning: 1 });
    expect(sentTo(plan(job({ job: bounded, target: vms(3) })))).toEqual([1]);
  });

  it.each([
    [
      'for VMs that were never asked for',
      { target: vms(1, 1) },
      'WaitingForVirtualMachines',
      'grow the scale set to 2',
    ],
    ['for VMs that come', { target: vms(1, 2) }, 'WaitingForVirtualMachines', '1 is at work'],
    ['for workers that are busy', { target: vms(3), status: enqueued }, 'WaitingForFreeWorkers', '2 VMs'],
  ])('wait %s, and say so', (_what, changes, code, message) => {
    const { status, lookAt } = plan(job({ job: nodes, ...changes }));
    expect(status.condition?.code).toBe(code);
    expect(status.condition?.message).toContain(message);
    expect(lookAt <= seconds(30)).toBe(true);
  });

  it('wait for nothing once one runs', () => {
    const { status } = plan(job({ job: nodes, target: { ...vms(3), running: 2 }, status: enqueued }));
    expect(status.condition).toBeNull();
  });

  it('are not taken for lost while there are not as many VMs', () => {
    const idle = { ...vms(1), isIdle: true, heardAt: seconds(0) };
    const status = { ...enqueued, progressAt: seconds(-3600) };
    expect(plan(job({ job: nodes, target: idle, status })).steps).not.toContainEqual(
      expect.objectContaining({ kind: 'redeliverTasks' }),
    );
  });
});
