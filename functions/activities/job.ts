import type { DurableClient } from 'durable-functions';
import type { TaskMessage } from '../../shared/contracts';
import {
  isBounded,
  lastRuns,
  shareRetries,
  workQueueName,
  type JobRow,
  type JobStatus,
  type JobSteps,
  type TaskRow,
} from '../../shared/domain';
import { RecordConflict } from '../../shared/errors';
import type { App } from '../app';
import { requestRemoval, wakeOwner } from '../http/owners';
import { recordJob } from '../jobs/record-job';
import { isOutlived, release, releaseOwned } from '../jobs/owned-resources';
import { messageOf, sendMessages, sendTasks } from '../jobs/send-tasks';
import { getJob, getJobRow, listTaskRows, putSent, keepResults } from '../records/jobs';
import { getIncarnation } from '../records/resources';

type Step<Kind extends 'enqueueTasks' | 'retryTasks' | 'cancelTasks'> = { jobId: string } & JobSteps[Kind];

/** Activities of a job. Each may be repeated: a task that is sent twice is committed once. */
export function createJobActivities(app: App) {
  const { records } = app;
  const onJob = (act: (job: JobRow, durable: DurableClient) => Promise<void>) => {
    return async ({ jobId }: { jobId: string }, durable: DurableClient): Promise<null> => {
      const job = await getJobRow(records, jobId);
      if (job) await act(job, durable);
      return null;
    };
  };
  return {
    enqueueTasks: async ({ jobId, ...part }: Step<'enqueueTasks'>): Promise<null> => {
      const job = await getJobRow(records, jobId);
      if (job) await sendTasks(app, job, part);
      return null;
    },

    retryTasks: async ({ jobId, tasks, delayMs }: Step<'retryTasks'>): Promise<null> => {
      const job = await getJobRow(records, jobId);
      if (job) await retryTasks(app, job, { tasks, delayMs });
      return null;
    },

    /** Finds again the completions that were lost: results without a row. */
    recoverResults: onJob((job) => recoverResults(app, job)),

    redeliverTasks: async ({ jobId }: { jobId: string }): Promise<null> => {
      const job = await getJob(records, jobId);
      if (job) await redeliverTasks(app, job.row, job.status);
      return null;
    },

    cancelTasks: async ({ jobId, graceMs }: Step<'cancelTasks'>): Promise<null> => {
      const job = await getJobRow(records, jobId);
      if (job) await app.jobOutput(job.owner).putCancelMark(jobId, { graceMs });
      return null;
    },

    makeTarget: onJob((job, durable) => makeTarget(app, job, durable)),

    releaseTarget: onJob(async ({ owner }, durable) => {
      const row = await getIncarnation(records, owner.kind, owner);
      if (row) await requestRemoval(app, durable, owner);
    }),

    removeInputs: onJob((job) => app.jobInputs(job.owner).remove(job.jobId)),

    releaseOwned: async ({ jobId }: { jobId: string }, durable: DurableClient): Promise<null> => {
      await releaseOwned(app, durable, jobId);
      return null;
    },

    recordJob: async (look: Parameters<typeof recordJob>[1]): Promise<null> => {
      await recordJob(app, look);
      return null;
    },
  };
}

async function retryTasks(
  app: App,
  job: JobRow,
  { tasks, delayMs }: Omit<Step<'retryTasks'>, 'jobId'>,
): Promise<void> {
  const again = tasks.map(({ task, retry }) => ({ task, retry: retry + 1 }));
  const shares = shareRetries(again, isBounded(job.policy) ? 1 : undefined);
  const messages = shares.map((share) => messageOf(job, share));
  // First, so that it cannot hide the end of a run that was quick.
  await putSent(app.records, job, again);
  await sendMessages(app, job, { messages, delayMs });
}

async function recoverResults(app: App, job: JobRow): Promise<void> {
  const output = app.jobOutput(job.owner);
  const rows = await listTaskRows(app.records, job);
  const known = new Set(rows.flatMap((row) => row.outcome?.batch ?? []));
  for (const blob of await output.listResultBatches(job.jobId)) {
    if (known.has(blob)) continue;
    const batch = await output.getResultBatch(blob);
    const results = (batch?.results ?? []).map(({ output: _, ...result }) => result);
    if (results.length > 0) await keepResults(app.records, job, { blob, results });
  }
}

/** So many tasks are sent again at once; the rest with the next look. */
const maxRedelivered = 1000;

/** Sends again what was sent and has not ended; workers look first whether it has. */
async function redeliverTasks(app: App, job: JobRow, status: JobStatus): Promise<void> {
  const rows: TaskRow[] = await listTaskRows(app.records, job);
  const last = new Map([...lastRuns(rows)].map((row) => [row.task, row]));
  const missing: TaskMessage[] = [];
  for (let task = 0; task < status.enqueuedTo && missing.length < maxRedelivered; task++) {
    const row = last.get(task);
    if (row?.outcome) continue;
    missing.push({ ...messageOf(job, { tasks: [task], retry: row?.retry ?? 0 }), isRepeat: true });
  }
  await app.workQueue.create(workQueueName(job.owner, job.policy.priority));
  await sendMessages(app, job, { messages: missing });
}

/** Writes the row of the job's own VM and starts its orchestrator. A name that was taken meanwhile is not had: the next look finds no target. */
async function makeTarget(app: App, { ownTarget }: JobRow, durable: DurableClient): Promise<void> {
  if (!ownTarget || (await isOutlived(app, ownTarget))) return;
  const { owner } = ownTarget;
  const key = owner.name.toLowerCase();
  try {
    await app.records.insert('resources', { partition: owner.kind, key, value: ownTarget });
  } catch (error) {
    if (!(error instanceof RecordConflict)) throw error;
  }
  if (!(await getIncarnation(app.records, owner.kind, owner))) return;
  await wakeOwner(durable, owner);
  if (await isOutlived(app, ownTarget)) await release(app, durable, owner);
}
