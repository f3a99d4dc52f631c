import { z } from 'zod';

/** Machine-readable reason why something waits or failed. Times are ISO 8601 in UTC. */
export const Condition = z.strictObject({
  code: z.string(),
  message: z.string(),
  since: z.string(),
  nextAction: z.string().optional(),
  nextAttemptAt: z.string().optional(),
});
export type Condition = z.infer<typeof Condition>;

/** One line of a resource's timeline. */
export const TimelineEvent = z.strictObject({ at: z.string(), code: z.string(), message: z.string() });
export type TimelineEvent = z.infer<typeof TimelineEvent>;
