import type { JobPriority } from '../shared/contracts/names';
import type { AgentSettings } from '../shared/contracts/worker-protocol';
import type { Delays } from './backoff';
import { Cancellations } from './claims/cancellations';
import { Completions } from './claims/completions';
import { Results } from './claims/results';
import { TaskSource } from './claims/task-source';
import type { UsedPriorities } from './claims/used-priorities';
import type { Enrolled } from './agent';
import type { CommandStates } from './command/command-states';
import { MemberList } from './command/members';
import { runCommandSlot } from './command/run-command';
import { TaskFiles } from './files/task-files';
import type { GangUse } from './gang/gang-use';
import { gangsOf } from './gang/of-vm';
import type { Lifecycle } from './lifecycle';
import { withFields, type Log } from './log';
import type { LogSink } from './logs/log-sink';
import { vmFlags } from './mpi/flags';
import type { Nudge } from './nudge';
import type { RunningTasks } from './running-tasks';
import { runSlot } from './slot';
import type { StorageAccess } from './storage/access';
import { FileBlobs } from './storage/file-blobs';
import { JobBlobs } from './storage/job-blobs';
import type { RetryContext } from './storage/retry';
import { WorkQueue } from './storage/work-queue';
import type { Environment } from './task/environment';
import { JobTokens } from './task/job-tokens';
import { Specifications } from './task/specifications';
import type { WorkerContext } from './worker-context';

interface Shared {
  access: StorageAccess;
  priorities: UsedPriorities;
  gangUse: GangUse;
  nudge: Nudge;
  running: RunningTasks;
  lifecycle: Lifecycle;
  log: Log;
  removals: ReadonlyMap<string, AbortController>;
  commands: CommandStates;
  retry: RetryContext;
  logSink?: LogSink | undefined;
}

/** `made`: what the VM's environment brings. Runs every worker of the VM, taking tasks or the scale set's command; resolves when all have ended. */
export async function runSlots(enrolled: Enrolled, made: Environment, shared: Shared): Promise<void> {
  const { config, admitted, facts } = enrolled;
  const { command, agentToken, workers } = admitted;
  const contexts = workerContexts(enrolled, made, shared);
  const { log, commands: states } = shared;
  if (!command) {
    await Promise.all(contexts.map(runSlot));
    await contexts[0]?.source.settled();
    return contexts[0]?.files.close();
  }
  const members = new MemberList({ controlPlaneUrl: config.controlPlaneUrl, agentToken, log });
  const slots = contexts.map((context, slot) => {
    const index = admitted.index * workers.length + slot;
    const address = facts.privateIpAddress;
    return runCommandSlot({ ...context, command, states, members, address, index, slot });
  });
  await Promise.all(slots);
}

function delaysOf({ retryDelayMs, retryDelayMaxMs }: AgentSettings): Delays {
  return { baseMs: retryDelayMs, maxMs: retryDelayMaxMs };
}

function workerContexts(
  { config, identity, admitted, facts }: Enrolled,
  made: Environment,
  { access, priorities, gangUse, nudge, running, lifecycle, log, removals, retry, logSink }: Shared,
): WorkerContext[] {
  const { settings, agentToken } = admitted;
  const blobs = new JobBlobs(access, retry);
  const queueOf = (priority: JobPriority): WorkQueue => new WorkQueue(priority, access, retry);
  const queues = { high: queueOf('high'), normal: queueOf('normal'), low: queueOf('low') };
  const specifications = new Specifications(blobs);
  const { controlPlaneUrl } = config;
  const completions = new Completions({ controlPlaneUrl, agentToken, access, retry, log });
  const { cancelLookMs: lookMs } = settings;
  const cancellations = new Cancellations({ blobs, lookMs, nudge, log });
  const shared = {
    settings,
    // What the user set wins over what the environment brings.
    admittedEnvironment: { ...made, ...admitted.environmentVariables },
    identity,
    running,
    lifecycle,
    blobs,
    logSink,
    results: new Results({ blobs, completions, delayMs: settings.completionDelayMs }),
    cancellations,
    jobTokens: new JobTokens({ controlPlaneUrl, agentToken, retry: delaysOf(settings), log }),
    source: new TaskSource({
      ...{ queues, priorities, blobs, completions, cancellations, specifications, settings, lifecycle, log },
    }),
    gangs: gangsOf({ config, admitted, facts }, { access, retry, gangUse, log }),
    mpiFlags: vmFlags(settings.mpiFlags, admitted.workers.length),
    workFolder: config.workFolder,
    specifications,
    files: new TaskFiles({
      ...{ workFolder: config.workFolder, identity, settings: settings.files, lifecycle, log },
      blobs: new FileBlobs(access, retry),
    }),
  };
  return admitted.workers.map((worker) => ({
    ...shared,
    worker,
    log: withFields(log, { worker }),
    removed: removals.get(worker)!.signal,
  }));
}
