import type { Dependency } from '../../shared/contracts';
import {
  agentStateAt,
  blockPrefix,
  newJobStatus,
  isAtWork,
  observeAgent,
  openBlocks,
  planJob,
  progressOf,
  type AgentRow,
  type JobRow,
  type JobSettings,
  type JobSnapshot,
  type JobStatus,
  type TargetState,
  type TaskRow,
} from '../../shared/domain';
import type { App } from '../app';
import { recordJob } from '../jobs/record-job';
import { getJob, getJobRow, listTaskRows, type Job } from '../records/jobs';
import { getResource, getStatus, listAgents } from '../records/resources';
import { jobSettings } from '../settings';

interface ObserveJob {
  jobId: string;
  /** Its tasks were sent with its submission. */
  isSent?: boolean | undefined;
}

interface ObservedJob {
  /** null: there is no such job (`isMissing`), or nothing is left to be done for it. */
  snapshot: JobSnapshot | null;
  settings: JobSettings;
  /** How it ended, where nothing is left to be done: that is recorded. */
  ended: JobStatus | null;
  isMissing: boolean;
}

/** Looks at a job. One that has ended is closed where it is looked at, which is most of what a short job costs. */
export function createObserveJob(app: App) {
  return async (look: ObserveJob): Promise<ObservedJob> => {
    const { jobId, isSent } = look;
    const settings = jobSettings(app.config);
    const job = await (isSent ? getSentJob(app, jobId) : getJob(app.records, jobId));
    if (!job) return { snapshot: null, settings, ended: null, isMissing: true };
    const snapshot = await observeJob(app, job);
    const plan = planJob({ snapshot, settings, now: new Date(app.clock.now()) });
    const { isFinished, steps, status, afterwards = [] } = plan;
    if (!isFinished || steps.length + afterwards.length > 0)
      return { snapshot, settings, ended: null, isMissing: false };
    await recordJob(app, { jobId, status, isFinished, isNew: isSent }, job.row);
    return { snapshot: null, settings, ended: status, isMissing: false };
  };
}

/** `taskRows`: of all its tasks, where they are known. */
interface FoundJob extends Job {
  taskRows?: TaskRow[] | undefined;
}

async function observeJob(app: App, { row, status, taskRows }: FoundJob): Promise<JobSnapshot> {
  const { total } = status.tasks;
  const rows = taskRows ?? (await readOpenRows(app, row, status));
  const progress = progressOf({ status, rows, retry: row.policy.retry });
  const hasEnded = progress.succeeded + progress.failed >= total && !row.ownTarget;
  const { createdAt, policy, persist, cancel, hasInputs } = row;
  return {
    job: {
      ...{ createdAt, policy, persist, cancel, hasInputs },
      hasOwnTarget: row.ownTarget !== null,
      hasControlPlaneAccess: row.controlPlaneAccess,
    },
    status,
    progress,
    dependencies: hasEnded ? [] : await observeDependencies(app, row, status),
    target: hasEnded ? unseen : await observeTarget(app, row),
  };
}

/** At its first look nobody has written how it stands. */
async function getSentJob({ records, shortJobs }: App, jobId: string): Promise<FoundJob | undefined> {
  const known = shortJobs.takeWhole(jobId);
  const row = known?.row ?? (await getJobRow(records, jobId));
  return row && { row, status: { ...newJobStatus(row), enqueuedTo: row.taskCount }, taskRows: known?.rows };
}

async function readOpenRows({ records }: App, row: JobRow, status: JobStatus): Promise<TaskRow[]> {
  const blocks = openBlocks(status);
  const rows = await Promise.all(blocks.map((block) => listTaskRows(records, row, blockPrefix(block))));
  return rows.flat();
}

/** Once it has begun, what it depended on has ended. */
async function observeDependencies(
  { records }: App,
  { policy }: JobRow,
  { state }: JobStatus,
): Promise<JobSnapshot['dependencies']> {
  if (state !== 'waiting') return [];
  return Promise.all(
    policy.dependsOn.map(async (dependency: Dependency) => {
      const job = await getJob(records, dependency.job);
      return { ...dependency, state: job?.status.state ?? null };
    }),
  );
}

/** Nothing is decided by it any more. */
const unseen: TargetState = {
  isPresent: false,
  failure: null,
  workersEnrolled: 0,
  workersDesired: 0,
  running: 0,
  isIdle: true,
  heardAt: null,
  message: '',
};

async function observeTarget(
  { records, clock }: App,
  { owner, jobId, policy }: JobRow,
): Promise<TargetState> {
  const row = (await getResource(records, owner.kind, owner.name))?.value;
  if (row && row.owner.incarnation !== owner.incarnation)
    return { ...unseen, message: `Another of the name '${owner.name}' is there now.` };
  if (!row || row.wanted === 'absent') return unseen;
  const [status, agents] = await Promise.all([
    getStatus(records, owner.kind, owner),
    listAgents(records, owner),
  ]);
  const { workersPerInstance } = row;
  const vms = 'capacity' in row ? row.capacity : 1;
  const now = clock.now();
  const atWork = agents.filter((agent) => ['enrolled', 'draining'].includes(agentStateAt(agent, now)));
  const enrolled = atWork.filter((agent) => agent.state === 'enrolled');
  const running = atWork.flatMap((agent) => Object.values(agent.running));
  const hasFailed = owner.kind === 'virtual-machine' && status?.state === 'failed';
  const message = status?.condition?.message ?? '';
  return {
    isPresent: true,
    failure: hasFailed ? message : null,
    workersEnrolled: enrolled.length * workersPerInstance,
    workersDesired: vms * workersPerInstance,
    ...(policy.nodes !== undefined && { vms: { atWork: countAtWork(agents, now), desired: vms } }),
    running: running.filter((task) => task.jobId === jobId).length,
    isIdle: running.length === 0,
    heardAt: oldest(atWork),
    message,
  };
}

function countAtWork(agents: AgentRow[], now: number): number {
  return agents.filter((agent) => isAtWork(observeAgent(agent, now))).length;
}

function oldest(agents: AgentRow[]): string | null {
  return agents.map((agent) => agent.lastSeenAt).sort()[0] ?? null;
}
