import { z } from 'zod';
import { Condition } from './condition';
import { ImageSelection } from './image-selection';
import { GuestOptions } from './guest-options';
import { EnvironmentVariables } from './job-specification';
import { ResourceName } from './names';

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
});
export type ScaleSetRequest = z.infer<typeof ScaleSetRequest>;

/** POST /api/scale-sets/{name}/grow: so many VMs more. */
export const GrowRequest = z.strictObject({ add: z.int().min(1).max(maxCapacity) });
export type GrowRequest = z.infer<typeof GrowRequest>;

/** What GET /api/scale-sets/{name}/wait waits for. */
export const ScaleSetWaitFor = z.enum(['enrolled', 'deleted']);
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
  workers: z.object({ desired: z.int(), enrolled: z.int() }),
  workersPerInstance: z.int(),
  template: z.string(),
  resourceId: z.string(),
  createdAt: z.string(),
  condition: Condition.nullable(),
});
export type ScaleSetView = z.infer<typeof ScaleSetView>;

export const WorkerState = z.enum(['pending', 'enrolled', 'draining', 'evicting', 'lost']);
export const WorkerView = z.object({
  id: z.string(),
  state: WorkerState,
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
});
export type WorkerView = z.infer<typeof WorkerView>;
