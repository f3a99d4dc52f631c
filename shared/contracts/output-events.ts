import { z } from 'zod';
import { JobView, TaskView } from './jobs';

/**
 * Server-sent events of a follow: `event` names the kind, `data` is JSON of the shape below, `id` tells where the reader stands. A
 * reconnect sends the last id back as `Last-Event-ID`, as it is, and goes on at the next byte. Lines that begin with a colon keep the
 * connection alive.
 */
export const outputEventKinds = ['attempt', 'output', 'state', 'task-end', 'end'] as const;
export type OutputEventKind = (typeof outputEventKinds)[number];

/** What follows of this task is the output of this attempt, from its first byte: of a run, or of one that takes the place of the last. */
export const AttemptEvent = z.object({ task: z.int(), retry: z.int(), attemptId: z.string() });
export type AttemptEvent = z.infer<typeof AttemptEvent>;

/** Bytes of one stream of one attempt, base64. `offset` is that of the first: pieces of a stream follow each other without a gap. */
export const OutputEvent = AttemptEvent.extend({
  stream: z.enum(['stdout', 'stderr']),
  offset: z.int(),
  bytes: z.base64(),
});
export type OutputEvent = z.infer<typeof OutputEvent>;

/** Why there is nothing to show yet. `task`: null where the whole job is followed. */
export const StateEvent = z.object({
  task: z.int().nullable(),
  state: z.string(),
  code: z.string(),
  message: z.string(),
});
export type StateEvent = z.infer<typeof StateEvent>;

/**
 * `task-end`: of a job that is followed one task has ended, and every byte of it was sent. `end`, always the last event: the followed
 * task, or the followed job, has ended.
 */
export const TaskEndEvent = TaskView;
export const EndEvent = z.union([TaskView, JobView]);

/** The `id` of the last event: there is nothing to reconnect for (204). */
export const endEventId = 'end';
