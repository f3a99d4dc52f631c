import { z } from 'zod';
import { Condition, finalJobStates, JobState, TaskCounts } from '../../contracts';
import { isBefore, waitingFor } from '../look';
import { keepSince } from '../retry';

/** How a job stands. Written by its orchestrator alone. Table `jobs`, partition `status`. */
export const JobStatus = z.object({
  state: JobState,
  tasks: TaskCounts,
  /** Tasks [0, enqueuedTo) are on the queue. */
  enqueuedTo: z.int(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  condition: Condition.nullable(),
  /** When the result blobs were last listed for lost completions. */
  scannedAt: z.string().nullable(),
});
export type JobStatus = z.infer<typeof JobStatus>;

/** One look at a job: what was recorded, what its tasks came to, and whether its target still is there. */
export const JobSnapshot = z.object({
  status: JobStatus,
  results: z.object({ succeeded: z.int(), failed: z.int() }),
  target: z.object({ isPresent: z.boolean(), workersEnrolled: z.int(), message: z.string() }),
});
export type JobSnapshot = z.infer<typeof JobSnapshot>;

export interface JobSteps {
  enqueueTasks: { from: number; to: number };
  recoverResults: Record<string, never>;
}
export type JobStep = { [Kind in keyof JobSteps]: { kind: Kind; input: JobSteps[Kind] } }[keyof JobSteps];

export interface JobPlan {
  steps: JobStep[];
  status: JobStatus;
  lookAt: string;
  isFinished: boolean;
}

export const JobSettings = z.object({ busyLookMs: z.number(), resultScanMs: z.number() });
export type JobSettings = z.infer<typeof JobSettings>;

/** Tasks put on the queue by one activity: small enough to repeat, large enough that 100,000 take 100 rounds. */
export const enqueueChunk = 1000;

/** Decides what one look at a job leads to. Pure. */
export function planJob({
  snapshot,
  now,
  settings,
}: {
  snapshot: JobSnapshot;
  now: Date;
  settings: JobSettings;
}): JobPlan {
  const { results, target } = snapshot;
  if (finalJobStates.includes(snapshot.status.state))
    return { steps: [], status: snapshot.status, lookAt: now.toISOString(), isFinished: true };
  const tasks = { ...snapshot.status.tasks, ...results };
  const status = { ...snapshot.status, tasks };
  const ended = results.succeeded + results.failed;
  if (ended >= tasks.total) {
    const state: JobState = results.failed > 0 ? 'failed' : 'succeeded';
    const message = `${results.failed} of ${tasks.total} tasks failed.`;
    return finish(status, now, {
      state,
      condition: results.failed > 0 ? waitingFor(now, 'TasksFailed', message) : null,
    });
  }
  if (!target.isPresent) {
    const message = `${tasks.total - ended} of ${tasks.total} tasks had not ended when the target was removed. ${target.message}`;
    const condition = waitingFor(now, 'TargetRemoved', message);
    if (status.condition?.code === condition.code) return finish(status, now, { state: 'failed', condition });
    // What ended before the target went may have lost its completion: the result blobs are looked at once more.
    return {
      steps: [{ kind: 'recoverResults', input: {} }],
      status: { ...status, condition },
      lookAt: now.toISOString(),
      isFinished: false,
    };
  }
  if (status.enqueuedTo < tasks.total) {
    const to = Math.min(status.enqueuedTo + enqueueChunk, tasks.total);
    const enqueued = { ...status, enqueuedTo: to, scannedAt: now.toISOString() };
    return {
      steps: [{ kind: 'enqueueTasks', input: { from: status.enqueuedTo, to } }],
      status: enqueued,
      lookAt: now.toISOString(),
      isFinished: false,
    };
  }
  return waitForTasks({ snapshot, status, now, settings });
}

interface Waiting {
  snapshot: JobSnapshot;
  status: JobStatus;
  now: Date;
  settings: JobSettings;
}

function waitForTasks({ snapshot, status, now, settings }: Waiting): JobPlan {
  const hasWorkers = snapshot.target.workersEnrolled > 0;
  const scanAt = new Date(
    Date.parse(status.scannedAt ?? now.toISOString()) + settings.resultScanMs,
  ).toISOString();
  const isScanDue = !isBefore(now, scanAt);
  const condition = hasWorkers
    ? null
    : keepSince(
        snapshot.status.condition,
        waitingFor(now, 'WaitingForWorkers', `No worker has enrolled yet. ${snapshot.target.message}`),
      );
  return {
    steps: isScanDue ? [{ kind: 'recoverResults', input: {} }] : [],
    status: {
      ...status,
      state: hasWorkers || status.startedAt ? 'running' : 'starting',
      startedAt: status.startedAt ?? (hasWorkers ? now.toISOString() : null),
      condition,
      scannedAt: isScanDue ? now.toISOString() : status.scannedAt,
    },
    lookAt: new Date(now.getTime() + settings.busyLookMs).toISOString(),
    isFinished: false,
  };
}

function finish(
  status: JobStatus,
  now: Date,
  end: { state: JobState; condition: Condition | null },
): JobPlan {
  const at = now.toISOString();
  return {
    steps: [],
    status: { ...status, ...end, startedAt: status.startedAt ?? at, endedAt: at },
    lookAt: at,
    isFinished: true,
  };
}
