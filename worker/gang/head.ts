import { networkInterfaces } from 'node:os';
import type { KeptOutputs } from '../../shared/contracts/files';
import { gangLaunchBlob, gangPrefix } from '../../shared/contracts/blob-names';
import type { GangHead, GangLaunch, GangMember } from '../../shared/contracts/gangs';
import type { JobSpecification } from '../../shared/contracts/job-specification';
import { sleep } from '../backoff';
import { describeError, type Log } from '../log';
import type { Environment } from '../task/environment';
import type { TaskFolder } from '../task/folder';
import type { Identity } from '../task/identity';
import { lossOf, PresenceWatch, type Loss } from './decide';
import { gangEnvironment, subnetOf } from './environment';
import { endGang, type Assembled } from './gather';
import { LaunchAgent, type LaunchRequest } from './launch-agent';

interface HeadParts {
  leaseMs: number;
  log: Log;
  identity: Identity | undefined;
}

const requestLookMs = 100;
/** Pauses between two looks at the members: when it has just begun, and later. */
const firstLookMs = 500;
const laterLookMs = 2000;
const firstForMs = 20_000;
/** More is no way to use it. */
const maxLaunches = 10_000;

/** The head of an assembled gang, for as long as its task runs: hands commands to members, and watches that they are there. */
export class GangLeader {
  readonly #gang: Assembled;
  readonly #parts: HeadParts;
  readonly #over = new AbortController();
  readonly #lost = new AbortController();
  readonly #watches = new Map<string, PresenceWatch>();
  /** Launches of each member, in order: what waits for its end. */
  readonly #launches = new Map<string, (LaunchRequest | undefined)[]>();
  readonly #kept = new Map<number, KeptOutputs>();
  #launched = 0;
  #loss: Loss | undefined;
  #agent: LaunchAgent | undefined;
  #loops: Promise<unknown> = Promise.resolve();
  #hasEnded = false;

  constructor(gang: Assembled, parts: HeadParts) {
    this.#gang = gang;
    this.#parts = parts;
    gang.lease.lost.addEventListener('abort', () => this.#lost.abort(), { once: true });
  }

  /** Aborted once a member is gone, and the gang with it. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  get loss(): Loss | undefined {
    return this.#loss;
  }

  /** A member's agent had to go: as with its own tasks, that is none of the task's attempts. */
  get wasInterrupted(): boolean {
    return this.#loss?.reason === 'evicted' || this.#loss?.reason === 'stopping';
  }

  /** Puts what the task needs into its folder and begins to serve it; what it answers belongs into the task's environment. */
  open(folder: TaskFolder, specification: JobSpecification): Environment {
    const { nodes } = this.#gang;
    this.#agent = new LaunchAgent(folder, this.#parts.identity);
    const subnet = subnetOf(nodes[0]!.address, networkInterfaces());
    const launchAgent = this.#agent.program;
    const environment = gangEnvironment({ folder, nodes, index: 0, specification, subnet, launchAgent });
    this.#loops = Promise.all([this.#serve(this.#agent), this.#watch()]);
    return environment;
  }

  /** VMs that the task has, with this one. */
  get nodes(): number {
    return this.#gang.nodes.length;
  }

  /** Of the members that have left, by their place: what became of the files that the task left there. */
  get kept(): ReadonlyMap<number, KeptOutputs> {
    return this.#kept;
  }

  /**
   * The task has ended. Ends the gang: each member ends what it still runs, keeps what that has left, and says what became of it; for as
   * long as it is there, the head waits. False: one was lost, or this attempt is nobody's any more (`abandon`).
   */
  async settle(abandon: AbortSignal): Promise<boolean> {
    await this.#gang.lease.write({ state: 'ended', nodes: [] } satisfies GangHead);
    while (!abandon.aborted && !this.#loss) {
      if (await this.#lookAtMembers()) return true;
      await sleep(firstLookMs / 2, abandon);
    }
    return false;
  }

  /** The task has ended, and its folder goes. */
  close(): void {
    this.#over.abort();
  }

  /** Lets all members go. Never throws. */
  async end(): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.close();
    await this.#loops;
    await endGang(this.#gang.lease).catch((error: unknown) => {
      this.#parts.log('warning', 'gang-not-ended', describeError(error));
    });
  }

  async #serve(agent: LaunchAgent): Promise<void> {
    while (!this.#over.signal.aborted) {
      try {
        for (const request of agent.take()) await this.#launch(agent, request);
      } catch (error) {
        this.#parts.log('warning', 'launch-failed', describeError(error));
      }
      await sleep(requestLookMs, this.#over.signal);
    }
  }

  async #launch(agent: LaunchAgent, request: LaunchRequest): Promise<void> {
    const { nodes, name, members } = this.#gang;
    const node = nodes.slice(1).find(({ host, address }) => [host, address].includes(request.host));
    const refuse = (output: string): void => agent.answer(request.id, { exitCode: 255, output });
    if (!node) return refuse(`muster: '${request.host}' is none of the other VMs of this task\n`);
    if (this.#launched++ >= maxLaunches)
      return refuse(`muster: a task launches at most ${maxLaunches} commands\n`);
    const launches = this.#launches.get(node.agentId) ?? [];
    this.#launches.set(node.agentId, launches);
    const blob = gangLaunchBlob(name, { agentId: node.agentId, launch: launches.length });
    launches.push(request);
    await members.blobs.create(blob, { command: request.command } satisfies GangLaunch);
  }

  async #watch(): Promise<void> {
    const begunAt = performance.now();
    while (!this.#over.signal.aborted && !this.#lost.signal.aborted) {
      await this.#lookAtMembers();
      const isFirst = performance.now() - begunAt < firstForMs;
      await sleep(isFirst ? firstLookMs : laterLookMs, this.#over.signal);
    }
  }

  /** Answers whether each has left as it was told. */
  async #lookAtMembers(): Promise<boolean> {
    const { nodes, members, name } = this.#gang;
    let isOver = true;
    try {
      const seen = new Map((await members.look()).map((one) => [one.member.node.agentId, one]));
      for (const [index, node] of nodes.entries()) {
        if (index === 0) continue;
        const { agentId } = node;
        const { member, isLeased } = seen.get(agentId) ?? {
          member: { node, left: null, ends: [] },
          isLeased: false,
        };
        const loss = lossOf(member, this.#watchOf(agentId).note(isLeased));
        this.#answerEnded(member);
        if (member.left?.kept) this.#kept.set(index, member.left.kept);
        if (!member.left) isOver = false;
        if (!loss || this.#loss) continue;
        this.#loss = loss;
        this.#parts.log('warning', 'gang-lost-a-member', { gang: gangPrefix(name), ...loss });
        this.#lost.abort();
      }
    } catch (error) {
      isOver = false;
      for (const watch of this.#watches.values()) watch.blind();
      this.#parts.log('warning', 'members-not-listed', describeError(error));
    }
    return isOver;
  }

  #watchOf(agentId: string): PresenceWatch {
    const watch = this.#watches.get(agentId) ?? new PresenceWatch(this.#parts.leaseMs);
    this.#watches.set(agentId, watch);
    return watch;
  }

  #answerEnded({ node, ends }: GangMember): void {
    if (this.#over.signal.aborted) return;
    const launches = this.#launches.get(node.agentId);
    for (const { launch, exitCode, output } of ends) {
      const request = launches?.[launch];
      if (!launches || !request) continue;
      launches[launch] = undefined;
      this.#agent?.answer(request.id, { exitCode, output });
    }
  }
}
