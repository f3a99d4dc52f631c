import { finalJobStates, endEventId, type StateEvent } from '../../../shared/contracts';
import { countingRuns, followedAtOnce, type JobRow } from '../../../shared/domain';
import type { App } from '../../app';
import { jobView } from '../../http/job-view';
import { lookAtOutput, type Followed, type FollowLook, type TaskLook } from './look';
import type { FollowMessage } from './message';
import { nextPauseMs, Rest } from './pace';
import { OutputReader, type FollowPlace, type Wanted } from './reader';

export interface FollowRequest {
  job: JobRow;
  /** undefined: all of the job, a hundred at a time. */
  task: number | undefined;
  wanted: Wanted;
  place: FollowPlace;
  /** false: what is there by now. */
  isFollowing: boolean;
}

/**
 * Output as it comes, until what is followed has ended (`end`), until Azure would cut the answer (no `end`: the reader goes on with its
 * last id), or until the reader has gone. Looks at storage at once when this instance of the app has heard of a change, else ever more
 * rarely.
 */
export async function* followOutput(
  app: App,
  request: FollowRequest,
  gone: AbortSignal,
): AsyncGenerator<FollowMessage> {
  const rest = new Rest(gone);
  const { jobId } = request.job;
  const leave = [app.taskChanges, app.jobChanges].map((changes) => changes.subscribe(jobId, rest.happened));
  try {
    yield* new Follow(app, request, rest).run();
  } finally {
    for (const end of leave) end();
  }
}

class Follow {
  readonly #reader: OutputReader;
  readonly #endsAt: number;
  #toldState = '';
  #toldAt = Date.now();

  constructor(
    readonly app: App,
    readonly request: FollowRequest,
    readonly rest: Rest,
  ) {
    this.#reader = new OutputReader(app, request.job, request);
    this.#endsAt = Date.now() + app.config.MUSTER_FOLLOW_LIMIT_MS;
  }

  async *run(): AsyncGenerator<FollowMessage> {
    const { config } = this.app;
    const pace = { lookMs: config.MUSTER_FOLLOW_LOOK_MS, idleLookMs: config.MUSTER_FOLLOW_IDLE_LOOK_MS };
    let pauseMs = 0;
    while (!this.#isEnough()) {
      this.rest.begin();
      const before = this.#toldAt;
      const look = await lookAtOutput(this.app, this.request.job, this.#followed());
      for await (const message of this.#tell(look)) {
        this.#toldAt = Date.now();
        yield message;
        if (message.event === 'end') return;
      }
      if (this.#goOn(look)) continue;
      if (!this.request.isFollowing) return;
      pauseMs = nextPauseMs(pauseMs, this.#toldAt !== before, pace);
      yield* this.#pause(pauseMs);
    }
  }

  #followed(): Followed {
    const { hundred } = this.#reader;
    return hundred === undefined ? { task: this.request.task! } : { hundred };
  }

  #isEnough = (): boolean =>
    this.rest.gone.aborted ||
    Date.now() >= this.#endsAt ||
    this.#reader.sentBytes >= this.app.config.MUSTER_FOLLOW_LIMIT_BYTES;

  async *#pause(pauseMs: number): AsyncGenerator<FollowMessage> {
    const aliveInMs = this.#toldAt + this.app.config.MUSTER_FOLLOW_KEEP_ALIVE_MS - Date.now();
    await this.rest.for(Math.max(0, Math.min(pauseMs, aliveInMs, this.#endsAt - Date.now())));
    if (Date.now() - this.#toldAt < this.app.config.MUSTER_FOLLOW_KEEP_ALIVE_MS) return;
    this.#toldAt = Date.now();
    yield { event: 'keep-alive' };
  }

  async *#tell(look: FollowLook): AsyncGenerator<FollowMessage> {
    const isOfJob = this.#reader.hundred !== undefined;
    for (const task of look.tasks) {
      if (this.#reader.hasEnded(task.task)) continue;
      const hasEnded = yield* this.#reader.bringOn(task, this.#isEnough);
      if (!hasEnded) continue;
      if (!isOfJob) return yield { event: 'end', id: endEventId, data: task.view };
      yield { event: 'task-end', id: this.#reader.placeText(task.task), data: task.view };
    }
    yield* this.#tellState(look);
    if (isOfJob && this.#isAtEnd(look)) {
      const data = jobView({ row: this.request.job, status: look.status });
      yield { event: 'end', id: endEventId, data };
    }
  }

  *#tellState({ status, tasks }: FollowLook): Generator<FollowMessage> {
    const { task } = this.request;
    const data = task === undefined ? stateOfJob(status) : stateOfTask(status, tasks[0]!);
    const told = JSON.stringify(data ?? '');
    if (data && told !== this.#toldState) yield { event: 'state', data };
    this.#toldState = told;
  }

  #hasReadAll({ tasks }: FollowLook): boolean {
    return tasks.every(({ task }) => this.#reader.hasEnded(task));
  }

  #isLast(): boolean {
    return ((this.#reader.hundred ?? 0) + 1) * followedAtOnce >= this.request.job.taskCount;
  }

  #isAtEnd(look: FollowLook): boolean {
    return this.#isLast() && this.#hasReadAll(look) && finalJobStates.includes(look.status.state);
  }

  /** With these tasks at their ends, or shown as they are, the next are looked at. */
  #goOn(look: FollowLook): boolean {
    if (this.#reader.hundred === undefined || this.#isLast() || this.#isEnough()) return false;
    if (this.request.isFollowing && !this.#hasReadAll(look)) return false;
    this.#reader.nextHundred();
    return true;
  }
}

function stateOfJob({ state, condition }: FollowLook['status']): StateEvent | undefined {
  if (!condition || finalJobStates.includes(state)) return undefined;
  return { task: null, state, code: condition.code, message: condition.message };
}

/** Why a task that is not over has nothing to show: it has not begun, or is to be run again. */
function stateOfTask(
  { condition }: FollowLook['status'],
  { task, isOver, runs }: TaskLook,
): StateEvent | undefined {
  if (isOver) return undefined;
  const last = countingRuns(runs).at(-1);
  if (!last) {
    const { code, message } = condition ?? {
      code: 'WaitingForWorker',
      message: 'No worker has taken it yet.',
    };
    return { task, state: 'queued', code, message };
  }
  if (!last.isCommitted) return undefined;
  const message = `Its run ${last.retry} has ended, and it is run again.`;
  return { task, state: 'queued', code: 'RunsAgain', message };
}
