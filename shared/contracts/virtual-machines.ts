import { z } from 'zod';
import { Condition } from './condition';
import { ImageSelection } from './image-selection';
import { GuestOptions } from './guest-options';
import { EnvironmentVariables } from './job-specification';
import { ResourceName } from './names';
import { ResourceOptions } from './resource-options';
import { maxWorkersPerInstance, ResourceState, WorkerView } from './scale-sets';

/** PUT /api/virtual-machines/{name}: a detached VM and its network interface. */
export const VirtualMachineRequest = z.strictObject({
  template: ResourceName,
  /** The template `default` when absent. */
  networkInterfaceTemplate: ResourceName.default('default'),
  workersPerInstance: z.int().min(1).max(maxWorkersPerInstance).default(1),
  environmentVariables: EnvironmentVariables.default({}),
  guest: GuestOptions.optional(),
  image: ImageSelection.optional(),
  ...ResourceOptions,
});
export type VirtualMachineRequest = z.infer<typeof VirtualMachineRequest>;

/** Six letters and a hyphen are added to it. */
export const Basename = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,40}$/, 'must be at most 41 letters, digits and hyphens');

/** POST /api/virtual-machines: a VM whose name is made of the basename and six letters. */
export const UnnamedVirtualMachineRequest = VirtualMachineRequest.extend({
  basename: Basename.default('cbox'),
});
export type UnnamedVirtualMachineRequest = z.infer<typeof UnnamedVirtualMachineRequest>;

/** A VM that is made for a job. */
export const OwnVirtualMachine = VirtualMachineRequest.omit({ template: true }).extend({
  virtualMachineTemplate: ResourceName,
  /** Absent: of the basename and six letters. */
  name: ResourceName.optional(),
  basename: Basename.default('cbox'),
  /** It stays when the job has ended; otherwise it is deleted then. */
  persist: z.boolean().default(false),
});
export type OwnVirtualMachine = z.infer<typeof OwnVirtualMachine>;

/** What GET /api/virtual-machines/{name}/wait waits for. */
export const VirtualMachineWaitFor = z.enum(['ready', 'deleted']);
export type VirtualMachineWaitFor = z.infer<typeof VirtualMachineWaitFor>;

export const VirtualMachineView = z.object({
  name: ResourceName,
  incarnation: z.string(),
  state: ResourceState,
  template: z.string(),
  resourceId: z.string(),
  privateIpAddress: z.string().nullable(),
  workersPerInstance: z.int(),
  workers: z.array(WorkerView),
  /** The job that made it, and with whose end it goes; null: it stays until it is deleted. */
  ownedByJob: z.string().nullable(),
  createdAt: z.string(),
  condition: Condition.nullable(),
  /** As it was asked for, defaults filled in; without environment variables, which may hold secrets. */
  request: VirtualMachineRequest.omit({ environmentVariables: true }),
});
export type VirtualMachineView = z.infer<typeof VirtualMachineView>;
