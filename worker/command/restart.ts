import { exitDoNotRestart, type WorkerCommand } from '../../shared/contracts/worker-command';
import type { Exit } from '../task/launch';

/** A command that ran for so long has worked: what ends it then is a new trouble. */
const steadyMs = 60_000;
const longestDelayMs = 60_000;

export type RestartStep =
  { kind: 'ended'; message: string } | { kind: 'restart'; afterMs: number; message: string };

/** What follows the end of a run. `failures`: runs before this one that ended early, one after another. */
export function decideRestart(
  { restart, restartDelayMs }: Pick<WorkerCommand, 'restart' | 'restartDelayMs'>,
  run: { exit: Exit; ranMs: number; failures: number },
): RestartStep {
  const { exitCode, signal } = run.exit;
  const message = signal ? `killed by ${signal}` : `exited with code ${exitCode}`;
  if (exitCode === exitDoNotRestart) return { kind: 'ended', message: `${message}: not to be started again` };
  const hasFailed = exitCode !== 0;
  if (restart === 'never' || (restart === 'on-failure' && !hasFailed)) return { kind: 'ended', message };
  const early = run.ranMs < steadyMs ? run.failures : 0;
  const afterMs = Math.min(
    restartDelayMs * 2 ** Math.min(early, 20),
    Math.max(longestDelayMs, restartDelayMs),
  );
  return { kind: 'restart', afterMs, message };
}

export function isEarly(ranMs: number): boolean {
  return ranMs < steadyMs;
}
