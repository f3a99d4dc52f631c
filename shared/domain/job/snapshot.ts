import { z } from 'zod';
import { Dependency, JobState } from '../../contracts';
import { TaskProgress } from './progress';
import { JobCancel, JobPolicy, JobStatus } from './rows';

/** Where a job runs, as it is now. */
export const TargetState = z.object({
  isPresent: z.boolean(),
  /** Why it could not be made; null where it could, or is being made. */
  failure: z.string().nullable(),
  workersEnrolled: z.int(),
  workersDesired: z.int(),
  /** Of a job whose tasks take several: VMs that take work now, and those desired. */
  vms: z.object({ atWork: z.int(), desired: z.int() }).optional(),
  /** Tasks of this job that its VMs said they run. */
  running: z.int(),
  /** No VM said that it runs a task of any job. */
  isIdle: z.boolean(),
  /** The VM that was heard longest ago was heard then; null where there is none. */
  heardAt: z.string().nullable(),
  message: z.string(),
});
export type TargetState = z.infer<typeof TargetState>;

/** One look at a job: what was asked for, what was recorded, what its tasks came to, and how its target is. */
export const JobSnapshot = z.object({
  job: z.object({
    createdAt: z.string(),
    policy: JobPolicy,
    hasOwnTarget: z.boolean(),
    persist: z.boolean(),
    /** It may have made things that go with it. */
    hasControlPlaneAccess: z.literal(true).optional(),
    cancel: JobCancel.nullable(),
    hasInputs: z.boolean().optional(),
  }),
  status: JobStatus,
  progress: TaskProgress,
  /** null: there is no such job (any more). */
  dependencies: z.array(Dependency.extend({ state: JobState.nullable() })),
  target: TargetState,
});
export type JobSnapshot = z.infer<typeof JobSnapshot>;

export const JobSettings = z.object({
  busyLookMs: z.number(),
  resultScanMs: z.number(),
  /** How soon a VM that runs a task of a cancelled job knows of it. */
  cancelLookMs: z.number(),
});
export type JobSettings = z.infer<typeof JobSettings>;

export interface JobSteps {
  enqueueTasks: { from: number; to: number; workers: number };
  retryTasks: { tasks: { task: number; retry: number }[]; delayMs: number };
  recoverResults: Record<string, never>;
  redeliverTasks: Record<string, never>;
  makeTarget: Record<string, never>;
  releaseTarget: Record<string, never>;
  removeInputs: Record<string, never>;
  releaseOwned: Record<string, never>;
  cancelTasks: { graceMs: number | null };
}
export type JobStep = { [Kind in keyof JobSteps]: { kind: Kind; input: JobSteps[Kind] } }[keyof JobSteps];

export interface JobPlan {
  steps: JobStep[];
  status: JobStatus;
  lookAt: string;
  isFinished: boolean;
  /** Taken when the end is recorded: whoever makes something for the job after that finds that it has ended. */
  afterwards?: JobStep[];
}

export interface JobLook {
  snapshot: JobSnapshot;
  now: Date;
  settings: JobSettings;
}
