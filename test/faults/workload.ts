import type { z } from 'zod';
import type { JobRequest, JobState, TaskView } from '../../shared/contracts';

/** Jobs of several shapes, whose every byte of output is a function of job, task, retry and attempt. */

type Request = z.input<typeof JobRequest>;

/** Who writes: the first words of every line. */
export interface Tag {
  jobId: string;
  task: number;
  retry: number;
  attemptId: string;
}

export interface ExpectedTask {
  state: TaskView['state'];
  retry?: number;
  exitCode?: number;
  end?: TaskView['end'];
}

export interface Shape {
  name: string;
  /** When it is submitted, after the beginning of the faults. */
  atMs: number;
  /** Names of shapes that it waits for. */
  after?: { shape: string; outcome: 'succeeded' | 'ended' };
  request: Request;
  /** When it is cancelled, after its submission. */
  cancelAfterMs?: number;
  state: JobState;
  task(index: number): ExpectedTask;
  stdout(tag: Tag): string;
  stderr(tag: Tag): string;
  /** Its tasks are ended in the middle, with this word of the agent's on stderr: what they themselves have written is a beginning. */
  cutWith?: string;
}

export const scaleSet = 'spots';
const target = { scaleSet };
const tagLine = 'tag="$MUSTER_JOB_ID $MUSTER_TASK_INDEX $MUSTER_TASK_RETRY $MUSTER_ATTEMPT_ID"';
const textOf = ({ jobId, task, retry, attemptId }: Tag): string => `${jobId} ${task} ${retry} ${attemptId}`;
const succeeds = (): ExpectedTask => ({ state: 'succeeded', retry: 0, exitCode: 0 });

const brief = `${tagLine}; printf 'out %s\\n' "$tag"; printf 'err %s\\n' "$tag" >&2`;
const briefOutput = {
  stdout: (tag: Tag) => `out ${textOf(tag)}\n`,
  stderr: (tag: Tag) => `err ${textOf(tag)}\n`,
};

/** Short tasks, many of them to a message; their output lies in their results. */
function short(name: string, atMs: number, count: number): Shape {
  const request = { target, array: { count }, run: { script: brief } };
  return { name, atMs, request, state: 'succeeded', task: succeeds, ...briefOutput };
}

const lines = 30;
const isSpurtEnd = (line: number): boolean => line % 10 === 9;

/** Some seconds each, and ten KiB in spurts, on both streams. */
function spurts(name: string, atMs: number, count: number): Shape {
  const script = `${tagLine}; i=0; while [ $i -lt ${lines} ]; do
    printf '%s %d %0300d\\n' "$tag" $i $i
    [ $((i % 10)) -ne 9 ] || { printf '%s %d %0300d\\n' "$tag" $i $i >&2; sleep 0.7; }
    i=$((i + 1))
  done`;
  const line = (tag: Tag, index: number): string =>
    `${textOf(tag)} ${index} ${String(index).padStart(300, '0')}\n`;
  const numbers = Array.from({ length: lines }, (_, index) => index);
  return {
    ...{ name, atMs, state: 'succeeded', task: succeeds },
    request: { target, array: { count }, run: { script } },
    stdout: (tag) => numbers.map((index) => line(tag, index)).join(''),
    stderr: (tag) =>
      numbers
        .filter(isSpurtEnd)
        .map((index) => line(tag, index))
        .join(''),
  };
}

/** Every second task fails, and no policy runs it again. */
function failing(name: string, atMs: number): Shape {
  return {
    ...{ name, atMs, state: 'failed', ...briefOutput },
    request: {
      target,
      array: { count: 8 },
      run: { script: `${brief}; exit $((MUSTER_TASK_INDEX % 2 * 3))` },
    },
    task: (index) => ({
      ...{ end: 'exited', retry: 0, exitCode: (index % 2) * 3 },
      state: index % 2 === 0 ? 'succeeded' : 'failed',
    }),
  };
}

/** Task n fails n times; two retries are allowed. */
function retried(name: string, atMs: number): Shape {
  const script = `${brief}; [ "$MUSTER_TASK_RETRY" -ge "$MUSTER_TASK_INDEX" ] || exit 7`;
  return {
    ...{ name, atMs, state: 'failed', ...briefOutput },
    request: { target, array: { count: 4 }, run: { script }, retry: { limit: 2, exitCodes: [7] } },
    task: (index) =>
      index <= 2
        ? { state: 'succeeded', retry: index, exitCode: 0 }
        : { state: 'failed', retry: 2, exitCode: 7 },
  };
}

/** Ends by somebody's wish: its tasks would never. */
function cancelled(name: string, atMs: number): Shape {
  return {
    ...{
      name,
      atMs,
      state: 'cancelled',
      cutWith: 'muster: stopped, as its job was cancelled\n',
      cancelAfterMs: 6000,
      ...briefOutput,
    },
    request: { target, array: { count: 4 }, run: { script: `${brief}; exec sleep 3600` } },
    task: () => ({ state: 'cancelled' }),
  };
}

function timedOut(name: string, atMs: number): Shape {
  const taskTimeoutMs = 4000;
  return {
    ...{ name, atMs, state: 'failed', stdout: briefOutput.stdout },
    stderr: (tag) => `${briefOutput.stderr(tag)}muster: stopped after its time-out of ${taskTimeoutMs} ms\n`,
    request: { target, array: { count: 2 }, taskTimeoutMs, run: { script: `${brief}; exec sleep 3600` } },
    task: () => ({ state: 'failed', end: 'timed-out' }),
  };
}

/** On a VM of its own, which goes with it. */
function onItsOwn(name: string, atMs: number): Shape {
  const own = { virtualMachineTemplate: 'cbox', workersPerInstance: 2 };
  return { ...short(name, atMs, 6), request: { target: own, array: { count: 6 }, run: { script: brief } } };
}

function oneByOne(name: string, atMs: number): Shape {
  const shape = short(name, atMs, 12);
  return { ...shape, request: { ...shape.request, maxRunning: 2, priority: 'high' } };
}

/** So that work is under way whenever a fault comes. */
export function makeWorkload(lengthMs: number): Shape[] {
  const later = (share: number): number => Math.round(lengthMs * share);
  return [
    short('short-1', 0, 40),
    spurts('spurts-1', 0, 12),
    failing('failing', 0),
    retried('retried-1', 0),
    cancelled('cancelled', later(0.1)),
    onItsOwn('own', 0),
    { ...short('after-short', 0, 4), after: { shape: 'short-1', outcome: 'succeeded' } },
    { ...short('after-failing', 0, 4), after: { shape: 'failing', outcome: 'ended' } },
    timedOut('timed-out', later(0.2)),
    short('short-2', later(0.35), 40),
    spurts('spurts-2', later(0.35), 12),
    oneByOne('one-by-one', later(0.5)),
    short('short-3', later(0.7), 120),
    spurts('spurts-3', later(0.7), 12),
    retried('retried-2', later(0.8)),
  ];
}

export function taskCountOf({ request }: Shape): number {
  return request.array?.count ?? 1;
}
