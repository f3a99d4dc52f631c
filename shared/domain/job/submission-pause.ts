/**
 * Pauses before the looks at a job whose orchestrator was started before its row was written, in ms. Most such jobs have ended at the first
 * look, for which an event may come sooner. Longer than all of them together no function runs (Azure kills it after its functionTimeout,
 * 30 minutes where host.json says nothing): a row that is not there then never comes.
 */
const pausesMs = [1000, 10_000, 60_000, 600_000, 2_400_000];

/** `missed`: looks that found no row. Undefined: the submission has died, there is no such job. */
export function submissionPauseMs(missed: number): number | undefined {
  return pausesMs[missed];
}
