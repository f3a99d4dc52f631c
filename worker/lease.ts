import { LeaseResponse, workerRoutes } from '../shared/contracts/worker-protocol';
import type { EnrolAdmitted, Eviction, LeaseRequest, WorkAccess } from '../shared/contracts/worker-protocol';
import type { JobPriority } from '../shared/contracts/names';
import type { UsedPriorities } from './claims/used-priorities';
import type { CommandStates } from './command/command-states';
import type { GangUse } from './gang/gang-use';
import type { Nudge } from './nudge';
import type { RunningTasks } from './running-tasks';
import { backoffMs, sleep } from './backoff';
import { post, routeUrl, type Answer } from './control-plane';
import type { PreparationState } from './environment/preparation';
import { exitUnwanted, type Lifecycle } from './lifecycle';
import { describeError, type Log } from './log';

export type LeaseStep =
  | {
      kind: 'renewed';
      command: LeaseResponse['command'];
      access: WorkAccess | undefined;
      removedWorkers: string[];
      priorities: JobPriority[];
      takesGangs: boolean;
    }
  | { kind: 'unwanted'; message: string }
  | { kind: 'retry'; afterMs: number | undefined; message: string };

export function decideLease(answer: Answer): LeaseStep {
  const message = answer.message ?? `status ${answer.status}`;
  if (answer.status === 401 || answer.status === 410) return { kind: 'unwanted', message };
  if (answer.status !== 200) return { kind: 'retry', afterMs: answer.retryAfterMs, message };
  const parsed = LeaseResponse.safeParse(answer.body);
  if (!parsed.success) return { kind: 'retry', afterMs: undefined, message: 'the answer was not understood' };
  const { command, access, removedWorkers, priorities, takesGangs } = parsed.data;
  return { kind: 'renewed', command, access, removedWorkers, priorities, takesGangs };
}

export interface LeaseOptions {
  controlPlaneUrl: string;
  admitted: EnrolAdmitted;
  agentRunId: string;
  running: RunningTasks;
  lifecycle: Lifecycle;
  log: Log;
  useAccess: (access: WorkAccess) => void;
  priorities: UsedPriorities;
  gangUse: GangUse;
  /** Of workers that were removed: told with every renewal. */
  remove: (workers: string[]) => void;
  commands: CommandStates;
  preparation: PreparationState;
  nudge: Nudge;
}

/** Renews until `end`. Work never waits for it: with the control plane away the agent works on and asks again. */
export async function keepLease(options: LeaseOptions, end: AbortSignal): Promise<void> {
  const { settings } = options.admitted;
  const delays = {
    baseMs: settings.retryDelayMs,
    maxMs: Math.min(settings.retryDelayMaxMs, settings.leaseRenewalMs),
  };
  for (let failures = 0; !end.aborted;) {
    const { draining, evicting } = options.lifecycle;
    const news = [draining, evicting].filter((signal) => !signal.aborted);
    const { signal: changed } = options.nudge;
    const step = await renewLease(options);
    obey(step, options);
    failures = step.kind === 'retry' ? failures + 1 : 0;
    const pauseMs =
      step.kind === 'retry'
        ? Math.max(step.afterMs ?? 0, backoffMs(failures, delays))
        : settings.leaseRenewalMs;
    // A drain, an eviction and a change of a command or the environment are told at once: the control plane counts on these workers, or no more.
    await sleep(pauseMs, end, changed, ...news);
  }
}

/** One renewal; never throws. */
export async function renewLease(options: LeaseOptions): Promise<LeaseStep> {
  const { admitted, agentRunId, running, lifecycle, log } = options;
  const request: LeaseRequest = {
    version: 1,
    agentId: admitted.agentId,
    agentRunId,
    state: lifecycle.phase === 'working' ? 'working' : 'draining',
    running: running.byWorker(),
    eviction: evictionOf(lifecycle),
    commands: options.commands.byWorker(),
    preparation: options.preparation.state,
  };
  try {
    const url = routeUrl(options.controlPlaneUrl, workerRoutes.lease);
    const step = decideLease(await post(url, request, admitted.agentToken));
    if (step.kind === 'retry') log('warning', 'lease-not-renewed', { message: step.message });
    return step;
  } catch (error) {
    log('warning', 'control-plane-unreachable', describeError(error));
    return { kind: 'retry', afterMs: undefined, message: 'the control plane was not reached' };
  }
}

function evictionOf({ eviction }: Lifecycle): Eviction | null {
  return eviction ? { eventId: eviction.eventId, notBefore: eviction.notBefore } : null;
}

function obey(step: LeaseStep, options: LeaseOptions): void {
  const { lifecycle, useAccess, priorities, gangUse, remove } = options;
  if (step.kind === 'unwanted') lifecycle.stop(step.message, exitUnwanted);
  if (step.kind !== 'renewed') return;
  if (step.access) useAccess(step.access);
  priorities.replace(step.priorities);
  gangUse.isUsed = step.takesGangs;
  if (step.removedWorkers.length > 0) remove(step.removedWorkers);
  if (step.command === 'drain') lifecycle.drain('the control plane asked for it');
  if (step.command === 'leave') lifecycle.stop('the control plane asked for it', exitUnwanted);
}
