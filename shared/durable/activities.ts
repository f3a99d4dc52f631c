import { z } from 'zod';
import { Owner, TimelineEvent } from '../contracts';
import {
  Departure,
  JobSettings,
  JobSnapshot,
  JobStatus,
  LookSettings,
  ScaleSetSnapshot,
  ScaleSetStatus,
  StepOutcome,
  VirtualMachineSnapshot,
  VirtualMachineStatus,
} from '../domain';
import { defineActivity } from './activity-contract';

const OwnerInput = z.object({ owner: Owner });
const nothing = z.null();

const stepOf = <Shape extends z.ZodRawShape>(name: string, shape: Shape) =>
  defineActivity(name, { input: OwnerInput.extend(shape), output: StepOutcome });

export const scaleSetActivities = {
  observe: defineActivity('observeScaleSet', {
    input: OwnerInput,
    output: z.object({ snapshot: ScaleSetSnapshot, settings: LookSettings }),
  }),
  record: defineActivity('recordScaleSet', {
    input: OwnerInput.extend({ status: ScaleSetStatus, events: z.array(TimelineEvent) }),
    output: nothing,
  }),
  steps: {
    createScaleSet: stepOf('createScaleSet', { capacity: z.int(), placement: z.int() }),
    setScaleSetCapacity: stepOf('setScaleSetCapacity', {
      capacity: z.int(),
      placement: z.int(),
      regularBase: z.int().nullable(),
    }),
    replaceInstances: stepOf('replaceInstances', { departures: z.array(Departure) }),
    deleteScaleSetInstances: stepOf('deleteScaleSetInstances', { instanceIds: z.array(z.string()) }),
    forgetAgents: stepOf('forgetAgents', { gone: ScaleSetSnapshot.shape.gone }),
    retireScaleSet: stepOf('retireScaleSet', { generation: z.int() }),
    deleteScaleSet: stepOf('deleteScaleSet', {}),
    forgetScaleSet: stepOf('forgetScaleSet', {}),
  },
} as const;

export const virtualMachineActivities = {
  observe: defineActivity('observeVirtualMachine', {
    input: OwnerInput,
    output: z.object({ snapshot: VirtualMachineSnapshot, settings: LookSettings }),
  }),
  record: defineActivity('recordVirtualMachine', {
    input: OwnerInput.extend({ status: VirtualMachineStatus, events: z.array(TimelineEvent) }),
    output: nothing,
  }),
  steps: {
    createNetworkInterface: stepOf('createNetworkInterface', {}),
    createVirtualMachine: stepOf('createVirtualMachine', {}),
    deleteVirtualMachine: stepOf('deleteVirtualMachine', {}),
    deleteNetworkInterface: stepOf('deleteNetworkInterface', {}),
    deleteDisks: stepOf('deleteDisks', { diskIds: z.array(z.string()) }),
    forgetVirtualMachine: stepOf('forgetVirtualMachine', {}),
  },
} as const;

const JobInput = z.object({ jobId: z.string() });

const jobStep = <Shape extends z.ZodRawShape>(name: string, shape: Shape) =>
  defineActivity(name, { input: JobInput.extend(shape), output: nothing });

const Retried = z.object({ task: z.int(), retry: z.int() });

export const jobActivities = {
  observe: defineActivity('observeJob', {
    input: JobInput.extend({ isSent: z.boolean().optional() }),
    output: z.object({
      snapshot: JobSnapshot.nullable(),
      settings: JobSettings,
      ended: JobStatus.nullable(),
      /** There is no such job, or not yet. */
      isMissing: z.boolean().default(false),
    }),
  }),
  record: jobStep('recordJob', {
    status: JobStatus,
    isFinished: z.boolean(),
    /** It has no open mark yet. */
    isNew: z.boolean().optional(),
  }),
  steps: {
    enqueueTasks: jobStep('enqueueTasks', { from: z.int(), to: z.int(), workers: z.int() }),
    retryTasks: jobStep('retryTasks', { tasks: z.array(Retried), delayMs: z.int() }),
    recoverResults: jobStep('recoverResults', {}),
    redeliverTasks: jobStep('redeliverTasks', {}),
    makeTarget: jobStep('makeTarget', {}),
    releaseTarget: jobStep('releaseTarget', {}),
    removeInputs: jobStep('removeInputs', {}),
    releaseOwned: jobStep('releaseOwned', {}),
    cancelTasks: jobStep('cancelTasks', { graceMs: z.int().nullable() }),
  },
} as const;
