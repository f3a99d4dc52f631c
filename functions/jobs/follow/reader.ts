import type { OutputStream } from '../../../shared/contracts';
import {
  countingRuns,
  jobPlaceText,
  planFollow,
  taskPlaceText,
  type AttemptRun,
  type FollowStep,
  type JobPlace,
  type JobRow,
  type TaskPlace,
} from '../../../shared/domain';
import type { App } from '../../app';
import { RunReader } from '../task-output';
import type { TaskLook } from './look';
import type { FollowMessage } from './message';

/** Of a stream, so that its base64 is 64 KiB. */
const pieceBytes = 48 * 1024;

export interface Wanted {
  streams: OutputStream[];
  /** Bytes to begin with, of who has read nothing. */
  start: Record<OutputStream, number>;
  /** This attempt alone. */
  attempt: AttemptRun | undefined;
}

/** Where one follower stands, and what brings him on. */
export class OutputReader {
  readonly #runs: RunReader;
  readonly #wanted: Wanted;
  /** undefined: one task is followed. */
  #hundred: number | undefined;
  readonly #ended: Set<number>;
  readonly #places: Map<number, TaskPlace>;
  sentBytes = 0;

  constructor(app: App, job: JobRow, { wanted, place }: { wanted: Wanted; place: FollowPlace }) {
    this.#runs = new RunReader(app, job);
    this.#wanted = wanted;
    this.#hundred = place.hundred;
    this.#ended = new Set(place.ended);
    this.#places = new Map(place.tasks);
  }

  get hundred(): number | undefined {
    return this.#hundred;
  }

  hasEnded(task: number): boolean {
    return this.#ended.has(task);
  }

  /** Goes on to the next hundred tasks, having ended with these. */
  nextHundred(): void {
    if (this.#hundred === undefined) return;
    this.#hundred++;
    this.#ended.clear();
    this.#places.clear();
  }

  /** Sends what is there. Answers whether the task has ended and all of it was sent: not, where `isEnough` said so before. */
  async *bringOn(look: TaskLook, isEnough: () => boolean): AsyncGenerator<FollowMessage, boolean> {
    const { runs, isOver } = this.#limited(look);
    const { task } = look;
    const { streams, start } = this.#wanted;
    for (const step of planFollow({ place: this.#places.get(task), runs, streams, start })) {
      if (isEnough()) return false;
      if (step.kind === 'begin') yield this.#begin(task, step.run);
      else yield* this.#read(task, step, isEnough);
    }
    if (!isOver || isEnough()) return false;
    this.#ended.add(task);
    return true;
  }

  /** As the `id` of an event. */
  placeText(task: number): string {
    if (this.#hundred === undefined) return taskPlaceText(task, this.#places.get(task)!);
    return jobPlaceText({ hundred: this.#hundred, ended: this.#ended, tasks: this.#places });
  }

  /** One attempt is over where it has committed, where another has taken its place, and with its task. */
  #limited({ runs, isOver }: TaskLook): Pick<TaskLook, 'runs' | 'isOver'> {
    const { attempt } = this.#wanted;
    if (!attempt) return { runs, isOver };
    const isIt = (run: AttemptRun): boolean => run.attemptId === attempt.attemptId;
    const last = countingRuns(runs).at(-1);
    const isPassed = last !== undefined && (!isIt(last) || last.isCommitted);
    return { runs: [runs.find(isIt) ?? attempt], isOver: isOver || isPassed };
  }

  #begin(task: number, { retry, attemptId }: AttemptRun): FollowMessage {
    const start = this.#places.has(task) ? { stdout: 0, stderr: 0 } : this.#wanted.start;
    this.#places.set(task, { retry, attemptId, ...start });
    return { event: 'attempt', id: this.placeText(task), data: { task, retry, attemptId } };
  }

  async *#read(
    task: number,
    { run, stream, from, to }: Extract<FollowStep, { kind: 'read' }>,
    isEnough: () => boolean,
  ): AsyncGenerator<FollowMessage> {
    const { retry, attemptId } = run;
    const segments = run.segments?.[stream];
    const source = this.#runs.streamOf({ task, run, stream });
    const { body } = await source.read({ start: from, end: to, ...(segments && { segments }) });
    let offset = from;
    for await (const piece of piecesOf(body)) {
      const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('base64');
      this.#places.set(task, { ...this.#places.get(task)!, [stream]: offset + piece.length });
      const id = this.placeText(task);
      yield { event: 'output', id, data: { task, retry, attemptId, stream, offset, bytes } };
      offset += piece.length;
      this.sentBytes += piece.length;
      if (isEnough()) return;
    }
    if (offset < to) throw new Error(`Of ${stream} of task ${task}, ${to - offset} bytes are gone.`);
  }
}

export type FollowPlace = Omit<JobPlace, 'hundred'> & { hundred: number | undefined };

async function* piecesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    for (let start = 0; start < chunk.length; start += pieceBytes)
      yield chunk.subarray(start, start + pieceBytes);
  }
}
