import { createHash, randomUUID } from 'node:crypto';
import { parse } from 'yaml';
import { AgentConfig, workerRoutes, type InstanceFacts } from '../../shared/contracts';
import { UsedPriorities } from '../../worker/claims/used-priorities';
import { CommandStates } from '../../worker/command/command-states';
import { post, routeUrl } from '../../worker/control-plane';
import { GangUse } from '../../worker/gang/gang-use';
import { enrol } from '../../worker/enrol';
import { decideLease } from '../../worker/lease';
import { Lifecycle } from '../../worker/lifecycle';
import type { Log } from '../../worker/log';
import { Nudge } from '../../worker/nudge';
import { RunningTasks } from '../../worker/running-tasks';
import { runSlots } from '../../worker/slots';
import { StorageAccess } from '../../worker/storage/access';
import { sleep } from '../../worker/backoff';

/** What the simulator posts of a VM that boots; the fields that an agent learns of its VM. */
export interface ThinSpec {
  resourceId: string;
  vmId: string;
  name: string;
  location: string;
  zone: string;
  vmSize: string;
  subscriptionId: string;
  resourceGroupName: string;
  vmScaleSetName: string;
  priority: string;
  privateIpAddress: string;
  /** base64. */
  customData: string;
}

/**
 * One VM without processes: the agent's own code from its cloud-config on (enrol, lease, queue), sharing a process with hundreds.
 * What it leaves out is cloud-init's run, IMDS and Node's start.
 */
export class ThinAgent {
  /** When the agent lay on the VM, which is where cloud-init's run ends. */
  bootedAt: number | undefined;
  enrolledAt: number | undefined;
  private readonly lifecycle: Lifecycle;

  constructor(
    private readonly spec: ThinSpec,
    private readonly log: Log,
  ) {
    this.lifecycle = new Lifecycle(log);
  }

  /** The VM is switched off: nothing is said to anybody. */
  powerOff(): void {
    this.lifecycle.stop('switched off', 0);
  }

  /** From the first call to the end of the agent. */
  async run(): Promise<void> {
    const { config, agentSha256 } = readCloudConfig(this.spec.customData);
    const end = this.lifecycle.draining;
    await this.fetchAgent(config, agentSha256);
    this.bootedAt = Date.now();
    const agentRunId = randomUUID();
    const enrolment = await enrol({ config, facts: factsOf(this.spec), agentRunId, log: this.log, end });
    if (enrolment.kind !== 'admitted') return;
    this.enrolledAt = Date.now();
    await this.work({ config, admitted: enrolment.admitted, agentRunId });
  }

  /** As the start script does; and as there, the agent starts only if it is the one the cloud-config names. */
  private async fetchAgent(config: AgentConfig, sha256: string): Promise<void> {
    for (let pauseMs = 1000; !this.lifecycle.draining.aborted; pauseMs = Math.min(2 * pauseMs, 30_000)) {
      try {
        const response = await fetch(routeUrl(config.controlPlaneUrl, workerRoutes.agent));
        const body = Buffer.from(await response.arrayBuffer());
        if (createHash('sha256').update(body).digest('hex') === sha256) return;
      } catch (error) {
        this.log('warning', 'agent-not-fetched', { message: String(error) });
      }
      await sleep(pauseMs, this.lifecycle.draining);
    }
  }

  private async work({ config, admitted, agentRunId }: Enrolled): Promise<void> {
    const { lifecycle, log } = this;
    const { settings } = admitted;
    const access = new StorageAccess(admitted.access);
    const nudge = new Nudge();
    const delays = { baseMs: settings.retryDelayMs, maxMs: settings.retryDelayMaxMs };
    const shared = {
      ...{ access, nudge, lifecycle, log },
      priorities: new UsedPriorities(admitted.priorities),
      gangUse: new GangUse(admitted.takesGangs),
      running: new RunningTasks(nudge),
      removals: new Map(admitted.workers.map((worker) => [worker, new AbortController()])),
      commands: new CommandStates(nudge),
      retry: { delays, log, cutOff: lifecycle.cutOff },
    };
    const leaseKept = this.keepLease({ config, admitted, agentRunId }, access);
    const enrolled = { config, admitted, agentRunId, identity: undefined, facts: factsOf(this.spec) };
    await runSlots(enrolled, {}, shared);
    await leaseKept;
  }

  /** Renews at once and then in time, as the agent does; such a VM has no task to tell of. */
  private async keepLease({ config, admitted, agentRunId }: Enrolled, access: StorageAccess): Promise<void> {
    const url = routeUrl(config.controlPlaneUrl, workerRoutes.lease);
    const request = { version: 1, agentId: admitted.agentId, agentRunId, state: 'working', running: {} };
    while (!this.lifecycle.draining.aborted) {
      try {
        const step = decideLease(await post(url, request, admitted.agentToken));
        if (step.kind === 'unwanted') this.lifecycle.stop(step.message, 0);
        else if (step.kind === 'renewed' && step.access) access.replace(step.access);
      } catch (error) {
        this.log('warning', 'lease-not-renewed', { message: String(error) });
      }
      await sleep(admitted.settings.leaseRenewalMs, this.lifecycle.draining);
    }
  }
}

interface Enrolled {
  config: AgentConfig;
  admitted: Extract<Awaited<ReturnType<typeof enrol>>, { kind: 'admitted' }>['admitted'];
  agentRunId: string;
}

interface Boot {
  config: AgentConfig;
  agentSha256: string;
}

/** The VMs of a scale set boot from one text; a VM's own processor would read it, not the bench's. */
const boots = new Map<string, Boot>();

function readCloudConfig(customData: string): Boot {
  const boot = boots.get(customData) ?? parseCloudConfig(customData);
  boots.set(customData, boot);
  return boot;
}

/** Takes from the cloud-config what the VM would find on its disk. */
function parseCloudConfig(customData: string): Boot {
  const text = Buffer.from(customData, 'base64').toString('utf8');
  const { write_files: files } = parse(text) as { write_files: { path: string; content: string }[] };
  const content = (path: string): string => {
    const file = files.find((candidate) => candidate.path === path);
    if (!file) throw new Error(`The cloud-config writes no ${path}.`);
    return file.content;
  };
  const config = AgentConfig.parse(
    JSON.parse(Buffer.from(content('/etc/muster/agent.json'), 'base64').toString('utf8')),
  );
  const agentSha256 = /\b[0-9a-f]{64}\b/.exec(content('/opt/muster/start.sh'))?.[0];
  if (!agentSha256) throw new Error('The start script names no SHA-256 of the agent.');
  return { config, agentSha256 };
}

function factsOf(spec: ThinSpec): InstanceFacts {
  const { resourceId, vmId, name, subscriptionId, location, zone, vmSize, priority, privateIpAddress } = spec;
  return {
    ...{ resourceId, vmId, name, subscriptionId, location, zone, vmSize, priority, privateIpAddress },
    resourceGroup: spec.resourceGroupName,
    scaleSetName: spec.vmScaleSetName,
    physicalHostName: 'thin',
  };
}
