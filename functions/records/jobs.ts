import type { TaskResult } from '../../shared/contracts';
import { hasSucceeded } from '../../shared/contracts';
import { newJobStatus, taskKey, type JobRow, type JobStatus, type TaskRow } from '../../shared/domain';
import type { Records } from '../../shared/ports';

/** Jobs lie in table `jobs`: partition `job` as submitted, `status` as they stand, `open` those not yet ended. */
export async function getJob(
  records: Records,
  jobId: string,
): Promise<{ row: JobRow; status: JobStatus } | undefined> {
  const row = await records.get<JobRow>('jobs', 'job', jobId);
  if (!row) return undefined;
  const status = await records.get<JobStatus>('jobs', 'status', jobId);
  return { row: row.value, status: status?.value ?? newJobStatus(row.value.taskCount) };
}

export async function putJobStatus(records: Records, jobId: string, status: JobStatus): Promise<void> {
  await records.put('jobs', { partition: 'status', key: jobId, value: status });
}

/** Keeps a task's outcome. The result blob was written once, so a repeat writes the same row. */
export async function putTask(records: Records, result: TaskResult): Promise<void> {
  const { task, retry, attemptId, worker, end, exitCode, signal, message, startedAt, endedAt } = result;
  const hasEndedWell = hasSucceeded(result);
  const value: TaskRow = {
    task,
    retry,
    attemptId,
    worker,
    hasSucceeded: hasEndedWell,
    end,
    exitCode,
    signal,
    message,
    startedAt,
    endedAt,
  };
  await records.put('tasks', { partition: result.jobId, key: taskKey(task), value });
}

export async function listTasks(records: Records, jobId: string): Promise<TaskRow[]> {
  return (await records.list<TaskRow>('tasks', jobId)).map((row) => row.value);
}

export async function getTask(records: Records, jobId: string, task: number): Promise<TaskRow | undefined> {
  return (await records.get<TaskRow>('tasks', jobId, taskKey(task)))?.value;
}
