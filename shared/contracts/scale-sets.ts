import { z } from 'zod';
import { Condition } from './condition';
import { ImageSelection } from './image-selection';
import { GuestOptions } from './guest-options';
import { EnvironmentVariables } from './job-specification';
import { ResourceName } from './names';
import { ResourceOptions } from './resource-options';
import { SpotOptions } from './spot-options';
import { CommandState, WorkerCommand } from './worker-command';

export const maxCapacity = 1000;
export const maxWorkersPerInstance = 64;

/** PUT /api/scale-sets/{name}: creates it, or sets what is desired of it. Only `capacity` may differ from before. */
export const ScaleSetRequest = z.strictObject({
  template: ResourceName,
  capacity: z.int().min(0).max(maxCapacity),
  workersPerInstance: z.int().min(1).max(maxWorkersPerInstance).default(1),
  environmentVariables: EnvironmentVariables.default({}),
  guest: GuestOptions.optional(),
  image: ImageSelection.optional(),
  ...ResourceOptions,
  /** What its workers run for their whole life; they take no tasks then. */
  workerCommand: WorkerCommand.optional(),
  spot: SpotOptions.optional(),
  /** Azure makes more VMs than asked for and deletes the surplus, which may have enrolled by then. */
  overprovision: z.boolean().optional(),
  /** From the last sign of a VM's boot until it counts as failed. Absent: the app's setting, 12 minutes unless changed. */
  joinLimitMs: z.int().min(1000).max(86_400_000).optional(),
  /** With no VM wanted for so long, the set itself is deleted. Absent: it stays. */
  deleteWhenEmptyMs: z
    .int()
    .min(0)
    .max(365 * 86_400_000)
    .optional(),
});
export type ScaleSetRequest = z.infer<typeof ScaleSetRequest>;

/** POST /api/scale-sets/{name}/grow: so many VMs more. */
export const GrowRequest = z.strictObject({ add: z.int().min(1).max(maxCapacity) });
export type GrowRequest = z.infer<typeof GrowRequest>;

/** What GET /api/scale-sets/{name}/wait waits for: VMs that have enrolled, workers whose command is ready, or the end. */
export const ScaleSetWaitFor = z.enum(['enrolled', 'ready', 'deleted']);
export type ScaleSetWaitFor = z.infer<typeof ScaleSetWaitFor>;

export const ResourceState = z.enum(['creating', 'updating', 'ready', 'deleting', 'deleted', 'failed']);
export type ResourceState = z.infer<typeof ResourceState>;

/** VMs, all three: asked for; that Azure lists as there; whose workers have enrolled. */
export const Capacity = z.object({ desired: z.int(), provisioned: z.int(), enrolled: z.int() });

export const ScaleSetView = z.object({
  name: ResourceName,
  incarnation: z.string(),
  state: ResourceState,
  capacity: Capacity,
  /** `ready`: of those enrolled, whose command is ready; where there is none, all. */
  workers: z.object({ desired: z.int(), enrolled: z.int(), ready: z.int() }),
  workersPerInstance: z.int(),
  template: z.string(),
  resourceId: z.string(),
  /** The job that made it, and with whose end it goes; null: it stays until it is deleted. */
  ownedByJob: z.string().nullable(),
  createdAt: z.string(),
  condition: Condition.nullable(),
  /** As it was asked for, defaults filled in; without environment variables, which may hold secrets. */
  request: ScaleSetRequest.omit({ capacity: true, environmentVariables: true }),
});
export type ScaleSetView = z.infer<typeof ScaleSetView>;

/**
 * `booting`: the VM told of its boot. `pending`: it called, and Azure has not listed it yet. `preparing`: its environment is being
 * made. `failed`: it could not be. `lost`: its lease has lapsed.
 */
export const WorkerState = z.enum([
  'booting',
  'pending',
  'preparing',
  'failed',
  'enrolled',
  'draining',
  'evicting',
  'lost',
]);
export const WorkerView = z.object({
  id: z.string(),
  state: WorkerState,
  /** The stage of its boot, or why its environment could not be made; null where there is nothing to say. */
  message: z.string().nullable(),
  instance: z.string(),
  resourceId: z.string(),
  privateIpAddress: z.string(),
  vmSize: z.string(),
  zone: z.string(),
  priority: z.string(),
  physicalHostName: z.string(),
  enrolledAt: z.string().nullable(),
  leaseExpiresAt: z.string().nullable(),
  running: z.object({ jobId: z.string(), task: z.int() }).nullable(),
  /** Its number within the scale set; null before it has enrolled. */
  index: z.int().nullable(),
  /** null: it has none, or has not told of it yet. */
  command: CommandState.nullable(),
});
export type WorkerView = z.infer<typeof WorkerView>;

/** `reported`: what the VM told while it booted. `environment`: what the making of its environment said. `console`: its serial console, kept before it was deleted as failed. */
export const BootLogView = z.object({
  vm: z.string(),
  source: z.enum(['reported', 'environment', 'console']),
  bytes: z.int(),
  updatedAt: z.string(),
});
export type BootLogView = z.infer<typeof BootLogView>;
