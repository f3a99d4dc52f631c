import { availableParallelism, hostname } from 'node:os';
import { GangCall, type GangName, type GangNode } from '../../shared/contracts/gangs';
import { gangCallBlob, gangPrefix } from '../../shared/contracts/blob-names';
import { describeError, type Log } from '../log';
import type { GangUse } from './gang-use';
import type { LeasedBlobs } from './leased-blobs';

export type Call = NonNullable<GangCall['forming']>;

interface DeskParts {
  blobs: LeasedBlobs;
  use: GangUse;
  /** Of this VM, but for the worker. */
  vm: Pick<GangNode, 'agentId' | 'address'> & { workers: number };
  /** Between two looks at the call: each is a paid transaction. */
  lookMs: number;
  log: Log;
}

/** Gangs that this VM was in: it joins none twice. */
const maxRemembered = 100;

/** Shared by the workers of a VM: finds the gang that calls for members, and lets one of them join. */
export class GangDesk {
  readonly #parts: DeskParts;
  readonly #joined = new Set<string>();
  readonly #offers = new Set<AbortController>();
  #timer: NodeJS.Timeout | undefined;
  #call: Call | undefined;
  #lookedAt = -Infinity;
  #looking: Promise<void> | undefined;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  nodeOf(worker: string): GangNode {
    const { workers, ...vm } = this.#parts.vm;
    // MPI cuts names at the first point, too.
    const host = hostname().split('.')[0]!;
    return { ...vm, worker, host, slots: Math.max(1, Math.floor(availableParallelism() / workers)) };
  }

  /** No other worker of this VM joins it from now on. */
  enter(gang: GangName): void {
    this.#joined.add(gangPrefix(gang));
    const oldest = this.#joined.values().next().value;
    if (this.#joined.size > maxRemembered && oldest !== undefined) this.#joined.delete(oldest);
  }

  /** The gang that calls, for the worker that asks first. Never throws. */
  async nextCall(): Promise<Call | undefined> {
    if (!this.#parts.use.isUsed) return undefined;
    if (performance.now() - this.#lookedAt >= this.#parts.lookMs) await this.#look();
    const call = this.#open;
    if (call) this.enter(call);
    return call;
  }

  /** For a worker that waits for a task: the signal is aborted when a gang calls. */
  wait(): { called: AbortSignal; forget: () => void } {
    const offer = new AbortController();
    this.#offers.add(offer);
    this.#timer ??= setInterval(() => void this.#lookForWaiting(), this.#parts.lookMs);
    const forget = (): void => {
      this.#offers.delete(offer);
      if (this.#offers.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
    return { called: offer.signal, forget };
  }

  get #open(): Call | undefined {
    return this.#call && !this.#joined.has(gangPrefix(this.#call)) ? this.#call : undefined;
  }

  async #lookForWaiting(): Promise<void> {
    if (!this.#parts.use.isUsed) return;
    await this.#look();
    if (this.#open) for (const offer of this.#offers) offer.abort();
  }

  #look(): Promise<void> {
    this.#looking ??= this.#readCall().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #readCall(): Promise<void> {
    try {
      const read = await this.#parts.blobs.read(gangCallBlob, GangCall);
      this.#call = (read?.isLeased && read.value.forming) || undefined;
    } catch (error) {
      this.#call = undefined;
      this.#parts.log('warning', 'gang-call-not-read', describeError(error));
    } finally {
      this.#lookedAt = performance.now();
    }
  }
}
