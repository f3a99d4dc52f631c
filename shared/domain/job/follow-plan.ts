import type { OutputStream } from '../../contracts';
import type { TaskPlace } from './follow-place';
import type { TaskRow } from './rows';

/** An attempt as a reader sees it, with the bytes that are there by now. */
export interface AttemptRun {
  retry: number;
  attemptId: string;
  stdoutBytes: number;
  stderrBytes: number;
  /** Blob of the results in which its output lies; null: it lies in append blobs. */
  batch: string | null;
  /** Its result is the one that counts of its retry. */
  isCommitted: boolean;
  createdAt: string;
  /** Bytes of its blobs, where they were listed. */
  segments?: Record<OutputStream, number[]>;
}

export type FollowStep =
  | { kind: 'begin'; run: AttemptRun }
  | { kind: 'read'; run: AttemptRun; stream: OutputStream; from: number; to: number };

/** Of each retry that was begun the attempt that counts, or, while none has committed, the one that was begun last; by retry. */
export function countingRuns(runs: readonly AttemptRun[]): AttemptRun[] {
  const byRetry = new Map<number, AttemptRun>();
  for (const run of runs) {
    const known = byRetry.get(run.retry);
    if (!known || isBefore(known, run)) byRetry.set(run.retry, run);
  }
  return [...byRetry.values()].sort((a, b) => a.retry - b.retry);
}

function isBefore(a: AttemptRun, b: AttemptRun): boolean {
  if (a.isCommitted || b.isCommitted) return b.isCommitted;
  return a.createdAt === b.createdAt ? a.attemptId < b.attemptId : a.createdAt < b.createdAt;
}

interface FollowLook {
  place: TaskPlace | undefined;
  runs: readonly AttemptRun[];
  streams: readonly OutputStream[];
  /** Bytes to begin with, of a reader that has read nothing. */
  start?: Record<OutputStream, number>;
}

/**
 * What brings a reader from his place up to what is there: the rest of his attempt, then each that came after it, from its first byte. Who
 * has read nothing begins with the last attempt that counts, as does one whose attempt is not known (any more).
 */
export function planFollow({
  place,
  runs,
  streams,
  start = { stdout: 0, stderr: 0 },
}: FollowLook): FollowStep[] {
  const counting = countingRuns(runs);
  const known = place && runs.find((run) => run.attemptId === place.attemptId && run.retry === place.retry);
  const first = known ?? counting.at(-1);
  if (!first) return [];
  const steps: FollowStep[] = known ? [] : [{ kind: 'begin', run: first }];
  steps.push(...readsOf(first, streams, known && place ? place : start));
  for (const run of counting.filter((later) => comesAfter(first, later))) {
    steps.push({ kind: 'begin', run }, ...readsOf(run, streams, { stdout: 0, stderr: 0 }));
  }
  return steps;
}

/** Another attempt of the same retry takes its place. */
function comesAfter(run: AttemptRun, later: AttemptRun): boolean {
  if (later.retry === run.retry) return later.attemptId !== run.attemptId;
  return later.retry > run.retry;
}

function readsOf(
  run: AttemptRun,
  streams: readonly OutputStream[],
  place: Record<OutputStream, number>,
): FollowStep[] {
  return streams.flatMap((stream): FollowStep[] => {
    const [from, to] = [place[stream], run[`${stream}Bytes`]];
    return to > from ? [{ kind: 'read', run, stream, from, to }] : [];
  });
}

/** The attempts that the rows of one task tell of. */
export function runsOfRows(rows: readonly TaskRow[]): AttemptRun[] {
  return rows.flatMap(({ retry, outcome }) => {
    if (!outcome) return [];
    const { attemptId, stdoutBytes, stderrBytes, startedAt: createdAt } = outcome;
    const batch = outcome.outputIn === 'result' ? outcome.batch : null;
    return [{ retry, attemptId, stdoutBytes, stderrBytes, batch, isCommitted: true, createdAt }];
  });
}
