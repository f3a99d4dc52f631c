import type { AgentSettings } from '../shared/contracts/worker-protocol';
import type { Cancellations } from './claims/cancellations';
import type { Results } from './claims/results';
import type { TaskSource } from './claims/task-source';
import type { MemberList } from './command/members';
import type { TaskFiles } from './files/task-files';
import type { GangDesk } from './gang/desk';
import type { LeasedBlobs } from './gang/leased-blobs';
import type { Lifecycle } from './lifecycle';
import type { Log } from './log';
import type { LogSink } from './logs/log-sink';
import type { RunningTasks } from './running-tasks';
import type { JobBlobs } from './storage/job-blobs';
import type { Environment } from './task/environment';
import type { Identity } from './task/identity';
import type { JobTokens } from './task/job-tokens';
import type { Specifications } from './task/specifications';

/** What one worker (a slot) of this VM works with; all but `worker`, `log` and `removed` are shared by the slots. */
export interface WorkerContext {
  readonly worker: string;
  readonly log: Log;
  readonly admittedEnvironment: Environment;
  readonly settings: AgentSettings;
  /** Of mpiexec, where a job gives none. */
  readonly mpiFlags: readonly string[];
  /** What workers of several VMs go by that run one task together. */
  readonly gangs: { desk: GangDesk; blobs: LeasedBlobs; present: MemberList };
  readonly workFolder: string;
  readonly identity: Identity | undefined;
  readonly source: TaskSource;
  readonly results: Results;
  readonly cancellations: Cancellations;
  readonly jobTokens: JobTokens;
  readonly blobs: JobBlobs;
  /** Where lines of tasks go beside their blobs; undefined: nowhere. */
  readonly logSink: LogSink | undefined;
  readonly specifications: Specifications;
  readonly files: TaskFiles;
  readonly running: RunningTasks;
  readonly lifecycle: Lifecycle;
  /** Aborted once this worker was removed: it ends with the task it runs. */
  readonly removed: AbortSignal;
}
