import { z } from 'zod';

const milliseconds = (fallback: number) => z.coerce.number().int().min(1).default(fallback);

/** `name=value,name=value`, values percent-encoded, as OTEL_EXPORTER_OTLP_HEADERS. No message tells of a value. */
const headerList = z
  .string()
  .transform((text) => text.split(',').map((part) => /^\s*([A-Za-z0-9-]+)\s*=\s*(.*?)\s*$/.exec(part)))
  .refine((parts) => parts.every((part) => part !== null && isEncoded(part[2]!)), {
    message: 'must be name=value pairs, separated by commas, with percent-encoded values',
  })
  .transform((parts) => Object.fromEntries(parts.map((part) => [part![1]!, decodeURIComponent(part![2]!)])));

function isEncoded(text: string): boolean {
  try {
    return !/[\0\r\n]/.test(decodeURIComponent(text));
  } catch {
    return false;
  }
}

/** Every setting of the app (function app settings, `local.settings.json`). The only reader of the environment. */
const Settings = z.object({
  /** Connection string, or absent with AzureWebJobsStorage__accountName for the app's managed identity. */
  AzureWebJobsStorage: z.string().min(1).optional(),
  AzureWebJobsStorage__accountName: z.string().min(1).optional(),
  /** ARM's base URL; plain http is taken for loopback addresses alone (the simulator). */
  MUSTER_ARM_ENDPOINT: z.url().default('https://management.azure.com'),
  /** How VMs reach this app. Default: the app's own host name. */
  MUSTER_PUBLIC_URL: z.url().optional(),
  WEBSITE_HOSTNAME: z.string().optional(),
  /** Signs join and agent tokens: at least 32 characters, kept secret, the same in every instance of the app. */
  MUSTER_SIGNING_KEY: z.string().min(32),
  /** User-assigned identity for ARM and storage; absent: the system-assigned one. */
  AZURE_CLIENT_ID: z.string().optional(),

  MUSTER_LEASE_RENEWAL_MS: milliseconds(15_000),
  MUSTER_WORKER_LOST_MS: milliseconds(60_000),
  /** From the last sign of a VM's boot until it counts as failed. */
  MUSTER_JOIN_LIMIT_MS: milliseconds(720_000),
  /** An environment that a VM has not made within this has failed. */
  MUSTER_ENVIRONMENT_LIMIT_MS: milliseconds(3_600_000),
  /** How often a VM that boots tells of it. */
  MUSTER_BOOT_REPORT_MS: milliseconds(10_000),
  /** How long a worker is lost before its VM is replaced. */
  MUSTER_REPLACE_SILENT_MS: milliseconds(120_000),
  /** How long a scale set waits for quota before it gives up. */
  MUSTER_QUOTA_WAIT_MS: milliseconds(3_600_000),
  MUSTER_TASK_LEASE_MS: milliseconds(60_000),
  MUSTER_TASK_LEASE_RENEWAL_MS: milliseconds(20_000),
  MUSTER_OUTPUT_FLUSH_MS: milliseconds(1_000),
  MUSTER_OUTPUT_FLUSH_BYTES: milliseconds(262_144),
  /** A task's output of at most so many bytes lies in its result, where nothing had to be shown before its end. */
  MUSTER_INLINE_OUTPUT_BYTES: z.coerce.number().int().min(0).max(65_536).default(16_384),
  /** A task that runs for so long is shown as running. */
  MUSTER_ANNOUNCE_MS: milliseconds(500),
  /** Pause of a VM after an empty look at its queue: of one that had work just now, of one that is idle; and looks an hour, on the average. */
  MUSTER_HOT_POLL_MS: milliseconds(50),
  MUSTER_IDLE_POLL_MS: milliseconds(1_000),
  MUSTER_LOOKS_PER_HOUR: z.coerce.number().int().min(1).default(4_500),
  /** A VM keeps for itself so much of the work that it has taken. */
  MUSTER_HOLD_MS: milliseconds(1_500),
  /** Ends of many short tasks are told together, within so long. */
  MUSTER_COMPLETION_DELAY_MS: milliseconds(250),
  /** Of the files that a task leaves, so many are kept, and so many bytes. */
  MUSTER_OUTPUT_FILES: z.coerce.number().int().min(0).max(1_000_000).default(10_000),
  MUSTER_OUTPUT_FILE_BYTES: z.coerce
    .number()
    .int()
    .min(0)
    .default(50 * 2 ** 30),
  /** A VM keeps so many bytes of the inputs it has fetched, for the next task that needs them. */
  MUSTER_INPUT_CACHE_BYTES: z.coerce
    .number()
    .int()
    .min(0)
    .default(20 * 2 ** 30),
  /** How long a URL lives by which a content is sent, or a task's file is read. */
  MUSTER_LINK_LIFETIME_MS: milliseconds(3_600_000),
  /** A task's file that is longer is not passed through the app: its reader is sent to storage. */
  MUSTER_REDIRECT_BYTES: z.coerce
    .number()
    .int()
    .min(0)
    .default(16 * 2 ** 20),
  /** How soon a VM that runs a task of a cancelled job knows of it. */
  MUSTER_CANCEL_LOOK_MS: milliseconds(3_000),
  MUSTER_KILL_GRACE_MS: milliseconds(10_000),
  /** On an eviction: tasks get SIGTERM this long before the VM goes, or after half of a shorter notice. */
  MUSTER_EVICTION_TERMINATE_MS: milliseconds(15_000),
  /** A task of several nodes whose VMs are there, but busy, gives up after so long, and tries again. */
  MUSTER_GANG_FORM_MS: milliseconds(1_800_000),
  /** The VMs of a task of several nodes that are silent for so long are lost. */
  MUSTER_GANG_LEASE_MS: z.coerce.number().int().min(15_000).max(60_000).default(30_000),
  MUSTER_GANG_RETRY_MS: milliseconds(1_000),
  /** Of mpiexec, for jobs that give none; separated by spaces. */
  MUSTER_MPI_FLAGS: z.string().default('--map-by numa:PE=$OMP_NUM_THREADS --bind-to core'),
  MUSTER_AGENT_RETRY_MS: milliseconds(500),
  MUSTER_AGENT_RETRY_MAX_MS: milliseconds(30_000),
  MUSTER_ACCESS_LIFETIME_MS: milliseconds(4 * 3_600_000),
  /** Of a token by which a job commands a cluster; its agent renews it at half of that. */
  MUSTER_JOB_TOKEN_LIFETIME_MS: milliseconds(900_000),
  MUSTER_JOIN_TOKEN_LIFETIME_MS: milliseconds(7 * 86_400_000),
  /** How often an orchestrator looks while something is under way, and when nothing is. */
  MUSTER_BUSY_LOOK_MS: milliseconds(5_000),
  MUSTER_SETTLED_LOOK_MS: milliseconds(60_000),
  MUSTER_CAPACITY_WRITE_INTERVAL_MS: milliseconds(15_000),
  MUSTER_RETRY_BASE_MS: milliseconds(2_000),
  MUSTER_RETRY_MAX_MS: milliseconds(256_000),
  /** A task without news for this long: its result blobs are listed, in case a completion was lost. */
  MUSTER_RESULT_SCAN_MS: milliseconds(60_000),
  /** A queued submission that fails on our side is tried for so long, and then rejected. */
  MUSTER_SUBMISSION_RETRY_MS: milliseconds(3_600_000),
  /** What became of a queued submission is told for so long. */
  MUSTER_SUBMISSION_KEPT_MS: milliseconds(30 * 86_400_000),
  MUSTER_WAIT_POLL_MS: milliseconds(1_000),
  /** How often a follow looks for more while its output grows, and, at the most rarely, while it does not. */
  MUSTER_FOLLOW_LOOK_MS: milliseconds(1_000),
  MUSTER_FOLLOW_IDLE_LOOK_MS: milliseconds(5_000),
  /** A follow that has nothing to send sends a comment so often. */
  MUSTER_FOLLOW_KEEP_ALIVE_MS: milliseconds(15_000),
  /** Azure cuts an answer after about 230 s, and may buffer what a slow reader has not taken: a follow ends itself before, to be gone on with. */
  MUSTER_FOLLOW_LIMIT_MS: milliseconds(200_000),
  MUSTER_FOLLOW_LIMIT_BYTES: z.coerce.number().int().min(1).default(67_108_864),
  /** How long a job and its output are kept after its end, unless it says so itself; and how long at least. */
  MUSTER_JOB_KEEP_MS: milliseconds(30 * 86_400_000),
  MUSTER_JOB_KEEP_LEAST_MS: milliseconds(60_000),
  /** A content that no environment and no bundle needs is kept for so long after it was last sent, or sent along with a job. */
  MUSTER_CONTENT_KEEP_MS: milliseconds(30 * 86_400_000),
  /** A deleted job is remembered for so long, so that a message or a call that comes again is known for what it is. */
  MUSTER_JOB_TOMBSTONE_MS: milliseconds(7 * 86_400_000),
  /** A collector that takes OTLP over HTTP as JSON: lines of tasks are sent to `/v1/logs` below it, beside their blobs. Headers are secrets. */
  MUSTER_LOGS_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  MUSTER_LOGS_OTLP_HEADERS: headerList.default({}),
  /** First pause of a VM that called before Azure listed it; it grows with the wait, up to the second. */
  MUSTER_ENROL_RETRY_MS: milliseconds(2_000),
  MUSTER_ENROL_RETRY_MAX_MS: milliseconds(8_000),
});

export interface Config extends z.infer<typeof Settings> {
  publicUrl: string;
}

/** Reads all settings at once. Throws one Error that names every setting that is missing or wrong; never their values. */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = Settings.safeParse(present);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  if (!present.AzureWebJobsStorage && !present.AzureWebJobsStorage__accountName) {
    problems.push(
      'AzureWebJobsStorage: set a connection string, or AzureWebJobsStorage__accountName for a managed identity',
    );
  }
  const publicUrl =
    present.MUSTER_PUBLIC_URL ?? (present.WEBSITE_HOSTNAME && originOf(present.WEBSITE_HOSTNAME));
  if (!publicUrl) problems.push('MUSTER_PUBLIC_URL: set the URL by which VMs reach this app');
  if (!parsed.success || problems.length > 0 || !publicUrl) {
    throw new Error(`The app settings are not usable:\n  ${problems.join('\n  ')}`);
  }
  return { ...parsed.data, publicUrl: publicUrl.replace(/\/+$/, '') };
}

/** Azure serves its own host names by https; the embedded host serves loopback by http. */
function originOf(hostName: string): string {
  return /^(127\.|localhost)/.test(hostName) ? `http://${hostName}` : `https://${hostName}`;
}
