import { randomUUID } from 'node:crypto';
import type { AgentConfig, EnrolAdmitted, WorkAccess } from '../shared/contracts/worker-protocol';
import { ConfigError, readConfig } from './config';
import { crashPoint } from './crash-point';
import { enrol } from './enrol';
import { readInstanceFacts } from './instance-facts';
import { keepLease, renewLease, type LeaseOptions } from './lease';
import { exitUnwanted, type Lifecycle } from './lifecycle';
import { withFields, type Log } from './log';
import { RunningTasks } from './running-tasks';
import { runSlot } from './slot';
import { StorageAccess } from './storage/access';
import { JobBlobs } from './storage/job-blobs';
import { WorkQueue } from './storage/work-queue';
import { prepareWorkFolder } from './task/folder';
import { taskIdentity, type Identity } from './task/identity';
import { Specifications } from './task/specifications';
import type { WorkerContext } from './worker-context';

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
  await work({ config, identity, admitted, agentRunId }, lifecycle, log);
  return lifecycle.exitCode;
}

interface Enrolled {
  config: AgentConfig;
  identity: Identity | undefined;
  admitted: EnrolAdmitted;
  agentRunId: string;
}

/** Runs every slot and the lease beside them; returns when the slots have ended. */
async function work(enrolled: Enrolled, lifecycle: Lifecycle, log: Log): Promise<void> {
  const { config, admitted, agentRunId } = enrolled;
  const access = new StorageAccess(admitted.access);
  const running = new RunningTasks();
  const slots = slotContexts(enrolled, { access, running, lifecycle, log });
  const useAccess = (renewed: WorkAccess): void => {
    access.replace(renewed);
    log('info', 'access-renewed', { expiresAt: renewed.expiresAt });
  };
  const { controlPlaneUrl } = config;
  const lease: LeaseOptions = { controlPlaneUrl, admitted, agentRunId, running, lifecycle, log, useAccess };
  const ended = new AbortController();
  const leaseKept = keepLease(lease, ended.signal);
  await Promise.all(slots.map(runSlot));
  ended.abort();
  await leaseKept;
  // Not on a stop: the control plane ordered it, or cannot be waited for.
  if (lifecycle.phase === 'draining') await renewLease(lease);
  log('info', 'ended', { exitCode: lifecycle.exitCode });
}

interface Shared {
  access: StorageAccess;
  running: RunningTasks;
  lifecycle: Lifecycle;
  log: Log;
}

function slotContexts(
  { config, identity, admitted }: Enrolled,
  { access, running, lifecycle, log }: Shared,
): WorkerContext[] {
  const { settings, environmentVariables: admittedEnvironment } = admitted;
  const delays = { baseMs: settings.retryDelayMs, maxMs: settings.retryDelayMaxMs };
  const retry = { delays, log, cutOff: lifecycle.cutOff };
  const blobs = new JobBlobs(access, retry);
  const shared = {
    settings,
    admittedEnvironment,
    identity,
    running,
    lifecycle,
    blobs,
    workFolder: config.workFolder,
    queue: new WorkQueue(access, retry),
    specifications: new Specifications(blobs),
  };
  return admitted.workers.map((worker) => ({ ...shared, worker, log: withFields(log, { worker }) }));
}
