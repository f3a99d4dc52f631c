import type {
  AttemptEvent,
  JobView,
  OutputEvent,
  OutputEventKind,
  StateEvent,
  TaskView,
} from '../../../shared/contracts';

/** What a follower is sent: an event, or nothing but a sign of life. */
export type FollowMessage =
  | { event: 'attempt'; data: AttemptEvent; id: string }
  | { event: 'output'; data: OutputEvent; id: string }
  | { event: 'state'; data: StateEvent }
  | { event: 'task-end'; data: TaskView; id: string }
  | { event: 'end'; data: TaskView | JobView; id: string }
  | { event: 'keep-alive' };

type Missing = Exclude<OutputEventKind, FollowMessage['event']>;
/** Fails to compile where a kind of the contract has no message. */
export const everyKindHasAMessage: Missing extends never ? true : never = true;

/** As `text/event-stream`. */
export function eventText(message: FollowMessage): string {
  if (message.event === 'keep-alive') return ': keep-alive\n\n';
  const id = 'id' in message ? `id: ${message.id}\n` : '';
  return `${id}event: ${message.event}\ndata: ${JSON.stringify(message.data)}\n\n`;
}
