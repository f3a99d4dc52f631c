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

export const jobActivities = {
  observe: defineActivity('observeJob', {
    input: JobInput,
    output: z.object({ snapshot: JobSnapshot.nullable(), settings: JobSettings }),
  }),
  record: defineActivity('recordJob', {
    input: JobInput.extend({ status: JobStatus, isFinished: z.boolean() }),
    output: nothing,
  }),
  steps: {
    enqueueTasks: defineActivity('enqueueTasks', {
      input: JobInput.extend({ from: z.int(), to: z.int() }),
      output: nothing,
    }),
    recoverResults: defineActivity('recoverResults', { input: JobInput, output: nothing }),
  },
} as const;
