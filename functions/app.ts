import type { Owner } from '../shared/contracts';
import type { Config } from '../shared/config';
import type {
  BootLogs,
  Bundles,
  Clock,
  CommandOutput,
  ContentStore,
  Compute,
  Images,
  JobInputs,
  JobOutput,
  Network,
  OutputFiles,
  Quota,
  Records,
  Submissions,
  WorkAccessIssuer,
  WorkQueue,
} from '../shared/ports';
import type { JobChanges } from './jobs/changes';
import type { ShortJobs } from './jobs/short-jobs';
import type { JobWakes } from './jobs/wakes';

/** The agent's bundle as this build made it: VMs fetch it from here and check its hash. */
export interface AgentBundle {
  body: Uint8Array<ArrayBuffer>;
  sha256: string;
}

/** Everything a function may reach; made once, by `composition.ts`. */
export interface App {
  config: Config;
  records: Records;
  compute: Compute;
  network: Network;
  quota: Quota;
  images: Images;
  workQueue: WorkQueue;
  submissions: Submissions;
  jobOutput(owner: Owner): JobOutput;
  commandOutput(owner: Owner): CommandOutput;
  content: ContentStore;
  bundles: Bundles;
  jobInputs(owner: Owner): JobInputs;
  outputFiles(owner: Owner): OutputFiles;
  bootLogs: BootLogs;
  workAccess: WorkAccessIssuer;
  jobWakes: JobWakes;
  shortJobs: ShortJobs;
  /** A job's status has changed. */
  jobChanges: JobChanges;
  /** Tasks of a job have ended. */
  taskChanges: JobChanges;
  clock: Clock;
  agentBundle(): AgentBundle;
  /** Resolves once tables, container and queues exist; every function awaits it first. */
  prepared(): Promise<void>;
}
