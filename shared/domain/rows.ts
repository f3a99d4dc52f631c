import type {
  CommandState,
  EnvironmentView,
  GuestOptions,
  Eviction,
  InstanceFacts,
  JobPriority,
  NetworkInterfaceTemplate,
  Owner,
  Preparation,
  RunningTask,
  ScaleSetRequest,
  ScaleSetTemplate,
  SpotOptions,
  VirtualMachineRequest,
  VirtualMachineTemplate,
  WorkerCommand,
} from '../contracts';

/** Where the Azure resources of an owner lie. */
export interface Place {
  subscriptionId: string;
  resourceGroup: string;
}

/** An environment by its content: changing one changes no resource that was made with it. */
export type KeptEnvironment = Pick<EnvironmentView, 'name' | 'sha256' | 'parts'>;

/** What is wanted of every owner; written by the API alone, read by its orchestrator. Table `resources`. */
interface DesiredRow extends Place {
  owner: Owner;
  wanted: 'present' | 'absent';
  templateName: string;
  /** ARM id, made of our own name (`azure-names.ts`). */
  resourceId: string;
  workersPerInstance: number;
  environmentVariables: Record<string, string>;
  guest?: GuestOptions | undefined;
  /** As it was when the resource was created. */
  environment?: KeptEnvironment | undefined;
  adminUsername: string;
  sshPublicKeys: string[];
  createdAt: string;
  /** Of the jobs it has had, beside the normal one. */
  priorities?: JobPriority[];
  /** The job that made it, through its token. It goes with that job's end unless it was handed over. */
  createdByJob?: string;
  isHandedOver?: true;
  /** It has had jobs of several nodes. */
  takesGangs?: boolean;
}

export interface ScaleSetRow extends DesiredRow {
  /** A copy: changing a template changes no scale set that was made from it. */
  template: ScaleSetTemplate;
  capacity: number;
  /** Rises with every request that changes the wish. */
  generation: number;
  /** The last growths that bore an Idempotency-Key: each counts once. */
  growths?: { key: string; add: number }[];
  /** VMs whose every worker was removed by a request; `capacity` counts them no more. `isForced`: their tasks are not waited for. */
  removals?: { vmId: string; isForced: boolean }[];
  workerCommand?: WorkerCommand | undefined;
  deleteWhenEmptyMs?: number | undefined;
  joinLimitMs?: number | undefined;
  spot?: SpotOptions | undefined;
  /** As it was asked for at the creation. */
  request: Omit<ScaleSetRequest, 'capacity'>;
}

export interface VirtualMachineRow extends DesiredRow {
  template: VirtualMachineTemplate;
  networkInterfaceTemplateName: string;
  networkInterfaceTemplate: NetworkInterfaceTemplate;
  /** As it was asked for; the template has what was found. */
  request: VirtualMachineRequest;
  /** The job that it was made for. */
  madeFor?: string;
}

/** An enrolled VM. Table `agents`, partition: the owner's key, key: the agent's id. */
export interface AgentRow {
  agentId: string;
  agentRunId: string;
  /** `booting`: told of its boot. `pending`: its agent called, but no list of Azure's has shown the VM. */
  state: 'booting' | 'pending' | 'enrolled' | 'draining';
  instance: InstanceFacts;
  calledAt: string;
  enrolledAt: string | null;
  lastSeenAt: string;
  leaseExpiresAt: string | null;
  /** When the URLs it works with were last renewed through its lease. */
  accessIssuedAt: string | null;
  running: Record<string, RunningTask>;
  /** The VM's number within its owner. */
  index?: number;
  /** What it last told of its boot. */
  stage?: string;
  /** Its environment is being made, or could not be; absent where there is none or it is there. */
  preparation?: Preparation | null;
  /** Slots whose worker was removed by a request, or has ended for good. */
  removedSlots?: number[];
  /** How its workers' commands stand, by worker. */
  commands?: Record<string, CommandState>;
  /** Azure has said that it takes the VM away. */
  evicting?: (Eviction & { noticedAt: string }) | null;
}

/** `lost` is told by the lease, whatever the row says. `now` in milliseconds since the epoch. */
export function agentStateAt(
  agent: Pick<AgentRow, 'state' | 'leaseExpiresAt'>,
  now: number,
): AgentRow['state'] | 'lost' {
  const hasLapsed = agent.leaseExpiresAt !== null && Date.parse(agent.leaseExpiresAt) < now;
  const hasLease = agent.state === 'enrolled' || agent.state === 'draining';
  return hasLapsed && hasLease ? 'lost' : agent.state;
}

/** A VM's own id: unique for ever, unlike an instance id, which Azure gives out again. */
export function agentIdOf(instance: Pick<InstanceFacts, 'vmId'>): string {
  return instance.vmId.toLowerCase();
}

export function workerId(instance: Pick<InstanceFacts, 'name'>, slot: number): string {
  return `${instance.name}-${slot}`;
}

/** One Azure resource that costs money; written before the call that creates it. Table `ledger`. */
export interface LedgerRow {
  resourceId: string;
  owner: Owner;
  why: string;
  createdAt: string;
  endedAt: string | null;
}
