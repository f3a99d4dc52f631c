import { randomUUID } from 'node:crypto';
import type {
  AgentConfig,
  EnrolAdmitted,
  InstanceFacts,
  WorkAccess,
} from '../shared/contracts/worker-protocol';
import { sleep } from './backoff';
import { UsedPriorities } from './claims/used-priorities';
import { CommandStates } from './command/command-states';
import { ConfigError, readConfig } from './config';
import { crashPoint } from './crash-point';
import { prepare, retryOf } from './environment/prepare';
import { PreparationState } from './environment/preparation';
import { enrol } from './enrol';
import { GangUse } from './gang/gang-use';
import { readInstanceFacts } from './instance-facts';
import { keepLease, renewLease, type LeaseOptions } from './lease';
import { exitUnwanted, type Lifecycle } from './lifecycle';
import type { Log } from './log';
import type { LogSink } from './logs/log-sink';
import { Nudge } from './nudge';
import { RunningTasks } from './running-tasks';
import { approveEviction, awaitEviction, isEvictable } from './scheduled-events';
import { runSlots } from './slots';
import { StorageAccess } from './storage/access';
import { prepareWorkFolder } from './task/folder';
import { taskIdentity, type Identity } from './task/identity';

/** The agent's life, from its configuration to its exit code. */
export async function runAgent(configFile: string, lifecycle: Lifecycle, log: Log): Promise<number> {
  let config: AgentConfig;
  let identity: Identity | undefined;
  try {
    config = readConfig(configFile, log);
    identity = taskIdentity(config.taskUser, log);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    log('error', 'configuration-refused', { message: error.message });
    return exitUnwanted;
  }
  prepareWorkFolder(config.workFolder, log);
  const agentRunId = randomUUID();
  const end = lifecycle.draining;
  const facts = await readInstanceFacts(log, end);
  if (!facts) return lifecycle.exitCode;
  const enrolment = await enrol({ config, facts, agentRunId, log, end });
  if (enrolment.kind === 'refused') return exitUnwanted;
  if (enrolment.kind === 'ended') return lifecycle.exitCode;
  const { admitted } = enrolment;
  log('info', 'enrolled', { agentId: admitted.agentId, workers: admitted.workers.length });
  crashPoint('enrolled');
  await work({ config, identity, admitted, agentRunId, facts }, lifecycle, log);
  return lifecycle.exitCode;
}

export interface Enrolled {
  config: AgentConfig;
  identity: Identity | undefined;
  admitted: EnrolAdmitted;
  agentRunId: string;
  facts: InstanceFacts;
}

/** Runs every slot and the lease beside them; returns when the slots have ended. */
async function work(enrolled: Enrolled, lifecycle: Lifecycle, log: Log): Promise<void> {
  const { config, admitted, agentRunId, facts } = enrolled;
  const access = new StorageAccess(admitted.access);
  const priorities = new UsedPriorities(admitted.priorities);
  const gangUse = new GangUse(admitted.takesGangs);
  const removals = new Map(admitted.workers.map((worker) => [worker, new AbortController()]));
  const remove = (workers: string[]): void => {
    for (const worker of workers) removals.get(worker)?.abort();
    const isLast = [...removals.values()].every((one) => one.signal.aborted);
    if (isLast) lifecycle.drain('its workers were removed');
  };
  const nudge = new Nudge();
  const running = new RunningTasks(nudge);
  const commands = new CommandStates(nudge);
  const preparation = new PreparationState(nudge);
  if (admitted.environment) preparation.set({ state: 'preparing', message: 'It begins.' });
  const useAccess = (renewed: WorkAccess): void => {
    access.replace(renewed);
    log('info', 'access-renewed', { expiresAt: renewed.expiresAt });
  };
  const { controlPlaneUrl } = config;
  const lease: LeaseOptions = {
    ...{ controlPlaneUrl, admitted, agentRunId, running, lifecycle, log },
    ...{ useAccess, priorities, gangUse, remove, commands, preparation, nudge },
  };
  const ended = new AbortController();
  const leaseKept = keepLease(lease, ended.signal);
  // Not waited for at the end: the metadata service may leave a call unanswered.
  void watchForEviction({ vmName: facts.name, log, end: ended.signal }, enrolled, lifecycle);
  const retry = retryOf(admitted, { lifecycle, log });
  const made = await prepare(enrolled, { access, retry, preparation, lifecycle, log });
  const logSink = await openLogSink(enrolled, log);
  const shared = {
    ...{ access, priorities, gangUse, nudge, running, lifecycle, log },
    ...{ removals, commands, retry, logSink },
  };
  if (made) await runSlots(enrolled, made, shared);
  await logSink?.close(lifecycle.phase === 'stopping' ? lastWordMs / 2 : lastWordMs);
  ended.abort();
  await leaseKept;
  // Not on a stop: the control plane ordered it, or cannot be waited for.
  if (lifecycle.phase === 'draining' && !lifecycle.eviction) await renewLease(lease);
  if (lifecycle.eviction) {
    await Promise.race([renewLease(lease), sleep(lastWordMs)]);
    await approveEviction(lifecycle.eviction, log);
  }
  log('info', 'ended', { exitCode: lifecycle.exitCode });
}

/** What the last renewal may take of an eviction's notice. */
const lastWordMs = 2000;

/** Its code is not even read where nobody asked for it. */
async function openLogSink({ admitted, facts }: Enrolled, log: Log): Promise<LogSink | undefined> {
  if (!admitted.logs) return undefined;
  const sink = await import('./logs/log-sink.js');
  const vm = { name: facts.name, version: process.env.MUSTER_AGENT_VERSION ?? 'unknown' };
  return new sink.LogSink({ settings: admitted.logs, vm, log });
}

async function watchForEviction(
  watch: Parameters<typeof awaitEviction>[0],
  { facts, admitted }: Enrolled,
  lifecycle: Lifecycle,
): Promise<void> {
  if (!isEvictable(facts.priority)) return;
  const eviction = await awaitEviction(watch);
  if (eviction) lifecycle.evict(eviction, admitted.settings.evictionTerminateMs);
}
