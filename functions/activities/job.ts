import type { JobSettings, JobSnapshot, JobStatus, JobRow } from '../../shared/domain';
import { agentStateAt, workQueueName } from '../../shared/domain';
import type { App } from '../app';
import { getJob, listTasks, putJobStatus, putTask } from '../records/jobs';
import { getIncarnation, getStatus, listAgents } from '../records/resources';
import { jobSettings } from '../settings';

/** Activities of a job. Each may be repeated: a task that is enqueued twice is committed once. */
export function createJobActivities(app: App) {
  const { records } = app;
  return {
    observeJob: async ({
      jobId,
    }: {
      jobId: string;
    }): Promise<{ snapshot: JobSnapshot | null; settings: JobSettings }> => {
      const settings = jobSettings(app.config);
      const job = await getJob(records, jobId);
      if (!job) return { snapshot: null, settings };
      const tasks = await listTasks(records, jobId);
      const succeeded = tasks.filter((task) => task.hasSucceeded).length;
      const results = { succeeded, failed: tasks.length - succeeded };
      return {
        snapshot: { status: job.status, results, target: await observeTarget(app, job.row) },
        settings,
      };
    },

    enqueueTasks: async ({ jobId, from, to }: { jobId: string; from: number; to: number }): Promise<null> => {
      const job = await getJob(records, jobId);
      if (!job) return null;
      const queue = workQueueName(job.row.owner);
      const messages = Array.from({ length: to - from }, (_, index) => ({
        version: 1 as const,
        jobId,
        task: from + index,
        retry: 0,
      }));
      await app.workQueue.create(queue);
      await app.workQueue.enqueue(queue, messages);
      return null;
    },

    /** Finds again the completions that were lost: a result blob without a row. */
    recoverResults: async ({ jobId }: { jobId: string }): Promise<null> => {
      const job = await getJob(records, jobId);
      if (!job) return null;
      const output = app.jobOutput(job.row.owner);
      const known = new Set((await listTasks(records, jobId)).map((task) => task.task));
      const { results } = await output.listAttempts(jobId);
      for (const { task, retry } of results.filter((result) => !known.has(result.task))) {
        const result = await output.getResult(jobId, task, retry);
        if (result) await putTask(records, result);
      }
      return null;
    },

    recordJob: async ({
      jobId,
      status,
      isFinished,
    }: {
      jobId: string;
      status: JobStatus;
      isFinished: boolean;
    }): Promise<null> => {
      await putJobStatus(records, jobId, status);
      if (isFinished) await records.remove('jobs', 'open', jobId);
      return null;
    },
  };
}

async function observeTarget({ records, clock }: App, { owner }: JobRow): Promise<JobSnapshot['target']> {
  const row = await getIncarnation(records, owner.kind, owner);
  if (!row || row.wanted === 'absent') return { isPresent: false, workersEnrolled: 0, message: '' };
  const status = await getStatus(records, owner.kind, owner);
  const agents = await listAgents(records, owner);
  const workersEnrolled =
    agents.filter((agent) => agentStateAt(agent, clock.now()) === 'enrolled').length * row.workersPerInstance;
  return { isPresent: true, workersEnrolled, message: status?.condition?.message ?? '' };
}
