import { z } from 'zod';
import { KeptOutputs } from './files';

/** VMs that one task may take at once. */
export const maxNodes = 64;

/** One task of `nodes` workers at once, each on a VM of its own. */
export const Nodes = z.int().min(2).max(maxNodes);

/** A gang is one attempt of one task: its head is the worker that claimed the task, the members are those lent to it. */
export const GangName = z.object({
  jobId: z.string(),
  task: z.int(),
  retry: z.int(),
  attemptId: z.string(),
});
export type GangName = z.infer<typeof GangName>;

/** A VM of a gang. `host`: its host name, by which MPI knows it; `slots`: ranks that it takes where the job does not say. */
export const GangNode = z.object({
  agentId: z.string(),
  worker: z.string(),
  host: z.string(),
  address: z.string(),
  slots: z.int(),
});
export type GangNode = z.infer<typeof GangNode>;

/**
 * The owner's one call for members: the blob says which gang forms, and its lease (Azure's, of blobs) is the right to form one. No gang
 * forms while it is null or nobody holds the lease.
 */
export const GangCall = z.object({ forming: GangName.extend({ head: GangNode, nodes: z.int() }).nullable() });
export type GangCall = z.infer<typeof GangCall>;

/** What the head tells its members, in a blob that it holds a lease on for as long as the gang is to live. */
export const GangHead = z.object({
  state: z.enum(['forming', 'assembled', 'ended']),
  /** The head first; empty while it forms, and where it could not. */
  nodes: z.array(GangNode),
});
export type GangHead = z.infer<typeof GangHead>;

/** A command that the head's `$MUSTER_LAUNCH_AGENT` was called with, for one member. */
export const GangLaunch = z.object({ command: z.string() });
export type GangLaunch = z.infer<typeof GangLaunch>;

/** How such a command ended; `output`: the end of what it said. */
export const GangLaunchEnd = z.object({ launch: z.int(), exitCode: z.int(), output: z.string() });
export type GangLaunchEnd = z.infer<typeof GangLaunchEnd>;

/** Why a member is no more: because its head said so, or of its own. */
export const LeaveReason = z.enum(['ended', 'head-lost', 'evicted', 'stopping', 'failed']);
export type LeaveReason = z.infer<typeof LeaveReason>;

/** Below a task's output files: those that it left on the VM of this place in its gang. The head's lie beside such folders. */
export function nodeFolder(index: number): string {
  return `node-${index}`;
}

/** What a member tells its head, in a blob that it holds a lease on while it is one. */
export const GangMember = z.object({
  node: GangNode,
  /** `kept`: the output files of its VM, where there were any and its head wants them. */
  left: z.object({ reason: LeaveReason, message: z.string(), kept: KeptOutputs.optional() }).nullable(),
  /** Of the launches that have ended, the last ones. */
  ends: z.array(GangLaunchEnd),
});
export type GangMember = z.infer<typeof GangMember>;
