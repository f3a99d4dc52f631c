import { userInfo } from 'node:os';
import { outputsVariable } from '../../shared/contracts/task-folders';
import type { JobSpecification } from '../../shared/contracts/job-specification';
import { evictionFileVariable } from '../../shared/contracts/worker-protocol';
import { mpiDefaults, mpiVariables } from '../mpi/environment';
import type { TaskName } from '../storage/job-blobs';

export type Environment = Record<string, string>;

/** Names a task's processes in /proc, whatever else they change: see `process-group.ts`. */
export const attemptVariable = 'MUSTER_ATTEMPT_ID';

interface EnvironmentOptions {
  /** Of the scale set or virtual machine, told at enrolment. */
  admitted: Environment;
  specification: JobSpecification;
  name: TaskName;
  attemptId: string;
  worker: string;
  user: string | undefined;
  home: string;
  temporary: string;
  evictionFile: string;
  outputs: string;
  /** Where its job's bundle lies, and what of it is given this way. */
  bundle: Environment;
  /** Where the job commands a cluster. */
  access: Environment;
}

/** Built from nothing: of the agent's own environment no variable gets through. */
export function baseEnvironment(
  options: Pick<EnvironmentOptions, 'home' | 'temporary' | 'user'>,
): Environment {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: options.home,
    LANG: 'C.UTF-8',
    TMPDIR: options.temporary,
    USER: options.user ?? userInfo().username,
    OMP_NUM_THREADS: '1',
  };
}

/** Later lines win. */
export function taskEnvironment(options: EnvironmentOptions): Environment {
  const { admitted, specification, name } = options;
  return {
    ...baseEnvironment(options),
    ...admitted,
    ...options.bundle,
    ...mpiDefaults(specification, { isRoot: options.user === undefined && process.getuid?.() === 0 }),
    ...specification.environmentVariables,
    ...mpiVariables(specification),
    MUSTER_JOB_ID: name.jobId,
    MUSTER_TASK_INDEX: String(name.task),
    MUSTER_TASK_COUNT: String(specification.taskCount),
    MUSTER_TASK_RETRY: String(name.retry),
    MUSTER_WORKER: options.worker,
    [outputsVariable]: options.outputs,
    ...options.access,
    [evictionFileVariable]: options.evictionFile,
    [attemptVariable]: options.attemptId,
  };
}
