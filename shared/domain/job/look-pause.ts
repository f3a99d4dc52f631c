/** What waits for long is looked at seldom: whoever wants to know sooner wakes the job. */
const partOfWait = 1 / 4;

interface Waiting {
  /** When something last happened to it. */
  since: string;
  now: Date;
  leastMs: number;
  mostMs: number;
}

/** Pause before a look that no event asks for, in ms: a quarter of the time that the job has waited, so that ten thousand waiting jobs cost little. */
export function lookPauseMs({ since, now, leastMs, mostMs }: Waiting): number {
  const waitedMs = now.getTime() - Date.parse(since);
  return Math.max(leastMs, Math.min(waitedMs * partOfWait, mostMs));
}
