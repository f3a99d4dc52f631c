import type { Enrolled } from './agent';
import type { CommandStates } from './command/command-states';
import { MemberList } from './command/members';
import { runCommandSlot } from './command/run-command';
import type { Lifecycle } from './lifecycle';
import { withFields, type Log } from './log';
import type { RunningTasks } from './running-tasks';
import { runSlot } from './slot';
import type { StorageAccess } from './storage/access';
import { JobBlobs } from './storage/job-blobs';
import type { RetryContext } from './storage/retry';
import { WorkQueue } from './storage/work-queue';
import type { Environment } from './task/environment';
import { Specifications } from './task/specifications';
import type { WorkerContext } from './worker-context';

interface Shared {
  access: StorageAccess;
  running: RunningTasks;
  lifecycle: Lifecycle;
  log: Log;
  removals: ReadonlyMap<string, AbortController>;
  commands: CommandStates;
  retry: RetryContext;
}

/** `made`: what the VM's environment brings. One function a worker, which returns when the worker has ended: it takes tasks, or runs the scale set's command. */
export function createSlots(enrolled: Enrolled, made: Environment, shared: Shared): (() => Promise<void>)[] {
  const { config, admitted, facts } = enrolled;
  const { command, agentToken, workers } = admitted;
  const contexts = workerContexts(enrolled, made, shared);
  if (!command) return contexts.map((context) => () => runSlot(context));
  const { log, commands: states } = shared;
  const members = new MemberList({ controlPlaneUrl: config.controlPlaneUrl, agentToken, log });
  return contexts.map((context, slot) => {
    const index = admitted.index * workers.length + slot;
    const address = facts.privateIpAddress;
    return () => runCommandSlot({ ...context, command, states, members, address, index, slot });
  });
}

function workerContexts(
  { config, identity, admitted }: Enrolled,
  made: Environment,
  { access, running, lifecycle, log, removals, retry }: Shared,
): WorkerContext[] {
  const { settings } = admitted;
  // What the user set wins over what the environment brings.
  const admittedEnvironment = { ...made, ...admitted.environmentVariables };
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
  return admitted.workers.map((worker) => ({
    ...shared,
    worker,
    log: withFields(log, { worker }),
    removed: removals.get(worker)!.signal,
  }));
}
