import type { Owner, TaskResult } from '../../shared/contracts';
import {
  lastRuns,
  newJobStatus,
  sentKey,
  taskKey,
  taskKeyPrefix,
  taskPartition,
  type JobRow,
  type JobStatus,
  type TaskRow,
} from '../../shared/domain';
import type { Records, StoredRecord } from '../../shared/ports';

/**
 * Jobs lie in table `jobs`: partition `job` as submitted, `status` as they stand, `open` those not yet ended, `key` what stands under
 * an idempotency key, `expiry` and `removal` those that are to be deleted (see `expiry.ts`).
 */
export interface Job {
  row: JobRow;
  status: JobStatus;
}

/**
 * Of a job that has not ended: by it a timer finds the job whose orchestrator is gone. A job whose tasks go with its submission gets it
 * with its first record: most have ended by then. With its owner where something was sent along with it: should its row never come, that is
 * to be removed.
 */
export interface OpenMark {
  createdAt: string;
  owner?: Owner;
}

export async function getJob(records: Records, jobId: string): Promise<Job | undefined> {
  const found = await getJobRecord(records, jobId);
  return found && { row: found.record.value, status: found.status };
}

/** The same, with the row's etag: it is to be changed. */
export async function getJobRecord(
  records: Records,
  jobId: string,
): Promise<{ record: StoredRecord<JobRow>; status: JobStatus } | undefined> {
  const [record, status] = await Promise.all([
    records.get<JobRow>('jobs', 'job', jobId),
    records.get<JobStatus>('jobs', 'status', jobId),
  ]);
  return record && { record, status: status?.value ?? newJobStatus(record.value) };
}

export async function getJobRow(records: Records, jobId: string): Promise<JobRow | undefined> {
  return (await records.get<JobRow>('jobs', 'job', jobId))?.value;
}

export async function putJobStatus(records: Records, jobId: string, status: JobStatus): Promise<void> {
  await records.put('jobs', { partition: 'status', key: jobId, value: status });
}

export async function putOpenMark(records: Records, jobId: string, mark: OpenMark): Promise<void> {
  await records.put('jobs', { partition: 'open', key: jobId, value: mark });
}

/** Its rows of every partition but those of its tasks, of its key, and of its removal. */
export async function dropJob(records: Records, jobId: string): Promise<void> {
  for (const partition of ['job', 'status', 'open']) await records.remove('jobs', partition, jobId);
}

type JobName = Parameters<typeof taskPartition>[0];

/**
 * Keeps how tasks of one job ended, as the blob `batch` has it. Of what is told of one run of a task the first counts: it stays. Answers
 * the rows that were not there before.
 */
export async function keepResults(
  records: Records,
  job: JobName,
  { blob, results }: { blob: string; results: TaskResult[] },
): Promise<TaskRow[]> {
  const rows = results.map((result) => {
    const { version: _version, jobId: _jobId, task, retry, ...outcome } = result;
    const value: TaskRow = { task, retry, outcome: { ...outcome, batch: blob } };
    return { key: taskKey(task, retry), value };
  });
  const inserted = new Set(await records.insertMany('tasks', taskPartition(job), rows));
  return rows.filter(({ key }) => inserted.has(key)).map(({ value }) => value);
}

/** Keeps that further runs of these tasks were sent; `retry` is theirs. */
export async function putSent(
  records: Records,
  job: JobName,
  tasks: { task: number; retry: number }[],
): Promise<void> {
  const rows = tasks.map(({ task, retry }) => {
    const value: TaskRow = { task, retry, outcome: null };
    return { key: sentKey(task, retry), value };
  });
  await records.putMany('tasks', taskPartition(job), rows);
}

/** Rows of all tasks, or of those whose number, of six digits, begins so. */
export async function listTaskRows(records: Records, job: JobName, prefix?: string): Promise<TaskRow[]> {
  const rows = await records.list<TaskRow>(
    'tasks',
    taskPartition(job),
    prefix === undefined ? {} : { prefix },
  );
  return rows.map((row) => row.value);
}

export function listRowsOfTask(records: Records, job: JobName, task: number): Promise<TaskRow[]> {
  return listTaskRows(records, job, taskKeyPrefix(task));
}

/** The row of a task's last run; undefined before one has ended. */
export async function getTaskRow(records: Records, job: JobName, task: number): Promise<TaskRow | undefined> {
  return [...lastRuns(await listRowsOfTask(records, job, task))].at(0);
}
