import { z } from 'zod';
import { EnvironmentToMake, Preparation } from './environments';
import { JobPriority, Owner } from './names';
import { CommandState, WorkerCommand } from './worker-command';

/** Routes the agent calls; no function key: the join token, then the agent token, is the credential. */
export const workerRoutes = {
  enrol: '/api/workers/enrol',
  lease: '/api/workers/lease',
  agent: '/api/workers/agent.cjs',
  boot: '/api/workers/boot',
  members: '/api/workers/members',
  completions: '/api/workers/completions',
  jobToken: '/api/workers/job-token',
} as const;

/** Facts of a VM as its metadata service (IMDS) states them. */
export const InstanceFacts = z.object({
  resourceId: z.string().min(1).max(1000),
  vmId: z.string().min(1).max(100),
  name: z.string().min(1).max(200),
  subscriptionId: z.string().max(100),
  resourceGroup: z.string().max(100),
  /** '' for a detached VM. */
  scaleSetName: z.string().max(100),
  location: z.string().max(100),
  zone: z.string().max(20),
  vmSize: z.string().max(100),
  priority: z.string().max(20),
  privateIpAddress: z.string().max(50),
  physicalHostName: z.string().max(200),
});
export type InstanceFacts = z.infer<typeof InstanceFacts>;

/**
 * POST /api/workers/enrol. Idempotent per instance: a reboot enrols again as the same workers. What this version does not know is
 * passed over, here and in the lease: agents may be newer than the app.
 */
export const EnrolRequest = z.object({
  version: z.literal(1),
  owner: Owner,
  joinToken: z.string().min(1).max(500),
  /** A new one per start of the agent. */
  agentRunId: z.string().min(1).max(100),
  instance: InstanceFacts,
});
export type EnrolRequest = z.infer<typeof EnrolRequest>;

/** 202: the control plane has not yet seen the VM in Azure's own list; ask again after `retryAfterMs`. */
export const EnrolPending = z.object({
  state: z.literal('pending'),
  retryAfterMs: z.int().min(1),
  message: z.string(),
});

/** POST /api/workers/boot: how the boot goes, told by the VM's start-up until its agent speaks for itself. */
export const BootReport = z.object({
  owner: Owner,
  joinToken: z.string().min(1).max(500),
  instance: InstanceFacts.pick({ resourceId: true, vmId: true, name: true }),
  stage: z.string().max(200),
  /** What its log has from this byte on; the answer says where the next part belongs. */
  offset: z.int().min(0),
  text: z.string().max(262_144),
});
export type BootReport = z.infer<typeof BootReport>;
export const BootReportAnswer = z.object({ offset: z.int() });

/** What the work plane needs: URLs carry short-lived signatures (SAS) and are secrets. */
export const WorkAccess = z.object({
  /** Get, update, delete and add messages; one queue for each priority. */
  workQueueUrls: z.object({ high: z.string(), normal: z.string(), low: z.string() }),
  /** Add messages. */
  completionsQueueUrl: z.string(),
  /** Read, list, create, add (append) and write blobs of this owner; another owner's are out of reach. */
  containerUrl: z.string(),
  expiresAt: z.string(),
});
export type WorkAccess = z.infer<typeof WorkAccess>;

/** What a VM does with files of tasks. */
export const FileSettings = z.object({
  /** Of those that a task leaves, so many are kept, and so many bytes. */
  maxOutputFiles: z.int().min(0).default(10_000),
  maxOutputBytes: z
    .int()
    .min(0)
    .default(50 * 2 ** 30),
  /** Of inputs that were fetched, so much stays for other tasks. */
  cacheBytes: z
    .int()
    .min(0)
    .default(20 * 2 ** 30),
});
export type FileSettings = z.infer<typeof FileSettings>;

/** Tunables of the agent, so that a test need not wait; defaults are DESIGN section 7's. */
export const AgentSettings = z.object({
  leaseRenewalMs: z.int().min(10),
  taskLeaseMs: z.int().min(1000),
  taskLeaseRenewalMs: z.int().min(10),
  outputFlushMs: z.int().min(1),
  outputFlushBytes: z.int().min(1),
  /** Up to so many bytes of a task's output lie in its result, where nothing had to be shown before its end. */
  inlineOutputBytes: z.int().min(0),
  /** A task that runs for so long is shown as running. */
  announceMs: z.int().min(1),
  /** Pause after an empty look at the queue, of a VM that has had work just now, and of one that is idle. */
  hotPollMs: z.int().min(1),
  idlePollMs: z.int().min(1),
  /** A look costs money: on the average a VM takes no more of them. */
  looksPerHour: z.int().min(1),
  /** A VM keeps for itself so much of the work that it has taken; the rest goes back for others. */
  holdMs: z.int().min(1),
  /** Ends of many short tasks are told together. */
  completionDelayMs: z.int().min(1),
  /** How soon it knows that a job whose task it runs was cancelled. */
  cancelLookMs: z.int().min(1),
  /** Between SIGTERM and SIGKILL of a task's process group. */
  killGraceMs: z.int().min(0),
  files: FileSettings.prefault({}),
  /** On an eviction: SIGTERM this long before the VM goes, or after half of the notice where the notice is shorter. */
  evictionTerminateMs: z.int().min(0).default(15_000),
  /** Of mpiexec, where a job gives none and its VM has one worker. */
  mpiFlags: z.array(z.string()).default(['--map-by', 'numa:PE=$OMP_NUM_THREADS', '--bind-to', 'core']),
  /** A gang whose VMs are there, but busy, gives up after so long, and tries again. */
  gangFormMs: z.int().min(1).default(1_800_000),
  /** Members and head of a gang that are silent for so long are lost (Azure leases blobs for 15 to 60 s). */
  gangLeaseMs: z.int().min(15_000).max(60_000).default(30_000),
  /** A gang that has to wait for another, or for VMs, tries again after so long, or up to fifteen times that. */
  gangRetryMs: z.int().min(1).default(1000),
  /** An environment that is not made within this has failed. */
  environmentLimitMs: z.int().min(1).default(3_600_000),
  retryDelayMs: z.int().min(1),
  retryDelayMaxMs: z.int().min(1),
});
export type AgentSettings = z.infer<typeof AgentSettings>;

/** A collector that takes OTLP over HTTP as JSON, at `{endpoint}/v1/logs`. The headers are secrets. */
export const LogSinkSettings = z.object({
  endpoint: z.string(),
  headers: z.record(z.string(), z.string()).default({}),
});
export type LogSinkSettings = z.infer<typeof LogSinkSettings>;

/** 200 of enrol. */
export const EnrolAdmitted = z.object({
  state: z.literal('admitted'),
  agentId: z.string(),
  agentToken: z.string(),
  /** One slot each; a slot runs one task at a time. */
  workers: z.array(z.string()).min(1),
  environmentVariables: z.record(z.string(), z.string()),
  /** The VM's number within its owner. */
  index: z.int().default(0),
  /** What each worker runs in place of tasks. */
  command: WorkerCommand.nullable().default(null),
  /** Made before any worker takes work. */
  environment: EnvironmentToMake.nullable().default(null),
  /** Of the jobs that the owner has had: the queues that are looked at. */
  priorities: z.array(JobPriority).default(['normal']),
  /** Where lines of tasks go beside their blobs. */
  logs: LogSinkSettings.nullable().default(null),
  /** The owner has had jobs of several nodes: members for gangs are looked for. */
  takesGangs: z.boolean().default(false),
  leaseExpiresAt: z.string(),
  settings: AgentSettings,
  access: WorkAccess,
});
export type EnrolAdmitted = z.infer<typeof EnrolAdmitted>;
export const EnrolResponse = z.discriminatedUnion('state', [EnrolPending, EnrolAdmitted]);
export type EnrolResponse = z.infer<typeof EnrolResponse>;

export const RunningTask = z.object({
  jobId: z.string(),
  task: z.int(),
  attemptId: z.string(),
  startedAt: z.string(),
  /** The worker is lent to the task; another is its own. */
  isMember: z.boolean().optional(),
});
export type RunningTask = z.infer<typeof RunningTask>;

/** Azure takes the Spot VM away. `notBefore`: not sooner than then; null where it has begun. */
export const Eviction = z.object({
  eventId: z.string().min(1).max(200),
  notBefore: z.string().max(100).nullable(),
});
export type Eviction = z.infer<typeof Eviction>;

/** In a task's environment: the file that appears, whole, when the VM is to be evicted. Before, it is not there. */
export const evictionFileVariable = 'MUSTER_EVICTION_FILE';

/**
 * That file's JSON. At `terminateAt` the task gets SIGTERM; what ends by itself before counts as usual, what is ended then is
 * requeued, and runs again on another VM.
 */
export const EvictionNotice = z.object({ notBefore: z.string().nullable(), terminateAt: z.string() });
export type EvictionNotice = z.infer<typeof EvictionNotice>;

/** POST /api/workers/lease, `Authorization: Bearer {agentToken}`. One call renews every worker of the VM. */
export const LeaseRequest = z.object({
  version: z.literal(1),
  agentId: z.string().min(1).max(300),
  agentRunId: z.string().min(1).max(100),
  state: z.enum(['working', 'draining']),
  /** Tasks under way, by worker id. */
  running: z.record(z.string(), RunningTask),
  eviction: Eviction.nullable().default(null),
  preparation: Preparation.nullable().default(null),
  /** Commands, by worker id. */
  commands: z.record(z.string(), CommandState).default({}),
});
export type LeaseRequest = z.infer<typeof LeaseRequest>;

/** GET /api/workers/members, `Authorization: Bearer {agentToken}`: who is in the scale set now. */
export const Members = z.object({
  scaleSet: z.string(),
  /** Workers desired. */
  size: z.int(),
  workers: z.array(z.object({ index: z.int(), worker: z.string(), address: z.string() })),
});
export type Members = z.infer<typeof Members>;

/**
 * `continue`: go on. `drain`: finish what runs, take nothing new, then leave. `leave`: the VM is going; stop at once.
 * `access` is there when the old one is past half its life.
 */
export const LeaseResponse = z.object({
  command: z.enum(['continue', 'drain', 'leave']),
  leaseExpiresAt: z.string(),
  access: WorkAccess.optional(),
  priorities: z.array(JobPriority).default(['normal']),
  takesGangs: z.boolean().default(false),
  /** Workers that were removed: each ends with the task it runs. */
  removedWorkers: z.array(z.string()).default([]),
});
export type LeaseResponse = z.infer<typeof LeaseResponse>;

/** The file the agent is started with (`--config FILE`, mode 0600), written by cloud-init. */
export const AgentConfig = z.strictObject({
  version: z.literal(1),
  controlPlaneUrl: z.string(),
  owner: Owner,
  joinToken: z.string(),
  /** Where tasks get their folders; the agent makes it. */
  workFolder: z.string(),
  /** Tasks run as this user where the agent runs as root; absent or unknown user: refuse to run tasks as root. */
  taskUser: z.string().optional(),
  /** How often the start-up tells of the boot; not the agent's own. */
  bootReportMs: z.int().min(1).optional(),
});
export type AgentConfig = z.infer<typeof AgentConfig>;
