/**
 * Test hook: with MUSTER_AGENT_CRASH_AT=<point> in its environment the agent kills itself there, as a power cut would.
 * Every point lies between two steps that leave a mark outside the process, in the order they are passed.
 */
export const crashPoints = [
  'enrolled',
  'message-taken',
  'specification-read',
  'claim-checked',
  'folder-made',
  'task-started',
  'stream-created',
  'output-appended',
  'task-ended',
  'outputs-kept',
  'output-complete',
  'result-committed',
  'completion-posted',
  'message-deleted',
] as const;
export type CrashPoint = (typeof crashPoints)[number];

export function crashPoint(point: CrashPoint): void {
  if (process.env.MUSTER_AGENT_CRASH_AT === point) process.kill(process.pid, 'SIGKILL');
}
