import type {
  AttemptEvent,
  JobView,
  OutputEvent,
  OutputStream,
  StateEvent,
  TaskView,
} from '../shared/contracts';
import { MusterError } from './errors';
import { readEventStream, type EventStreamState, type ServerSentEvent } from './event-stream';
import { isTransient } from './retry';

/** What to follow: one stream of a task, both streams of it, or all tasks of the job. */
export interface FollowOptions {
  task?: number;
  /** Of the task; absent: both. */
  stream?: OutputStream;
  /** Byte of the stream to begin with. */
  offset?: number;
  /** Goes on where an earlier follow ended: the `id` of its last event. */
  lastEventId?: string;
  /** Absent: the one that counts, and those that come after it. */
  attempt?: string;
  signal?: AbortSignal;
  /** How long the control plane may be away in one go; 300 s where absent. */
  giveUpAfterMs?: number;
}

/** `id`: where the reader stands once he has taken this event. */
export type FollowEvent = { id: string } & (
  | ({ event: 'attempt' } & AttemptEvent)
  | ({ event: 'output' } & Omit<OutputEvent, 'bytes'> & { bytes: Uint8Array })
  | ({ event: 'state' } & StateEvent)
  | ({ event: 'task-end' } & { task: TaskView })
  | ({ event: 'end' } & ({ task: TaskView } | { job: JobView }))
);

export type OpenFollow = (headers: Record<string, string>) => Promise<Response>;

/**
 * Events until the last one, `end`. A connection that breaks, or that the control plane ends in time, is made again at the next byte.
 * Rejects with MusterError where the control plane refuses, with the last failure where it stays away for too long.
 */
export async function* followEvents(open: OpenFollow, options: FollowOptions): AsyncGenerator<FollowEvent> {
  const state: EventStreamState = { lastEventId: options.lastEventId ?? '', retryMs: 1000 };
  const giveUpAfterMs = options.giveUpAfterMs ?? 300_000;
  let answeredAt = Date.now();
  for (;;) {
    try {
      const response = await open(state.lastEventId ? { 'last-event-id': state.lastEventId } : {});
      answeredAt = Date.now();
      if (response.status === 204 || !response.body) return;
      for await (const event of readEventStream(response.body, state)) {
        answeredAt = Date.now();
        const read = eventOf(event);
        if (read) yield read;
        if (read?.event === 'end') return;
      }
    } catch (error) {
      const isOver = options.signal?.aborted === true || Date.now() - answeredAt > giveUpAfterMs;
      if (isOver || !mayPass(error)) throw error;
    }
    await pause(state.retryMs, options.signal);
  }
}

function mayPass(error: unknown): boolean {
  if (!(error instanceof MusterError)) return true;
  return error.code === 'Unreachable' || isTransient(error.status);
}

/** Undefined: a kind that this client does not know. */
function eventOf({ event, data, id }: ServerSentEvent): FollowEvent | undefined {
  const content = JSON.parse(data) as unknown;
  if (event === 'attempt') return { event, id, ...(content as AttemptEvent) };
  if (event === 'state') return { event, id, ...(content as StateEvent) };
  if (event === 'task-end') return { event, id, task: content as TaskView };
  if (event === 'output') {
    const { bytes, ...rest } = content as OutputEvent;
    return { event, id, ...rest, bytes: new Uint8Array(Buffer.from(bytes, 'base64')) };
  }
  if (event !== 'end') return undefined;
  const ended = content as TaskView | JobView;
  return 'task' in ended ? { event, id, task: ended } : { event, id, job: ended };
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    function stop(): void {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    }
    signal?.addEventListener('abort', stop, { once: true });
  });
}

export function followPath(id: string, { task, stream, offset, attempt }: FollowOptions): string {
  const query = new URLSearchParams({ follow: 'true' });
  if (offset !== undefined) query.set('offset', String(offset));
  if (attempt !== undefined) query.set('attempt', attempt);
  const place = task === undefined ? 'output' : `tasks/${task}/${stream ?? 'output'}`;
  return `/api/jobs/${id}/${place}?${query.toString()}`;
}
