import type { Eviction } from '../shared/contracts/worker-protocol';
import { sleep } from './backoff';
import type { Log } from './log';

/** `working` -> `draining` (takes nothing new) -> `stopping` (tasks are killed); never backwards. */
export type Phase = 'working' | 'draining' | 'stopping';

export const exitDrained = 0;
/** Means "do not restart": the control plane has no use for this agent (systemd: RestartPreventExitStatus=42). */
export const exitUnwanted = 42;

/** What a stopping agent may still spend on flushing output and giving its messages back. */
const stopGraceMs = 5000;

/** What is known of an eviction, and what it leaves. */
export interface EvictionPlan extends Eviction {
  /** When tasks get SIGTERM (ISO). */
  terminateAt: string;
}

interface EvictionTimes {
  /** Until the tasks get SIGTERM. */
  terminateInMs: number;
  /** Until they get SIGKILL, and their messages go back. */
  stopInMs: number;
}

/** The end of the notice is the agent's own (flush, hand back): at most `stopGraceMs`, at most a quarter of it. */
export function evictionTimes(noticeMs: number, terminateMs: number): EvictionTimes {
  const left = Math.max(0, noticeMs);
  return {
    terminateInMs: left - Math.min(terminateMs, left / 2),
    stopInMs: left - Math.min(stopGraceMs, left / 4),
  };
}

/**
 * INVARIANTS: phases only go forward. `draining` is aborted no later than `stopping`, `stopping` before `cutOff`.
 * After `cutOff` no call is retried, so the process ends within one request's time-out.
 */
export class Lifecycle {
  readonly #draining = new AbortController();
  readonly #stopping = new AbortController();
  readonly #cutOff = new AbortController();
  readonly #evicting = new AbortController();
  readonly #terminating = new AbortController();
  #eviction: EvictionPlan | undefined;
  #exitCode = exitDrained;

  constructor(readonly log: Log) {}

  get phase(): Phase {
    if (this.#stopping.signal.aborted) return 'stopping';
    return this.#draining.signal.aborted ? 'draining' : 'working';
  }

  get exitCode(): number {
    return this.#exitCode;
  }

  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  get cutOff(): AbortSignal {
    return this.#cutOff.signal;
  }

  /** Aborted once Azure has said that it takes the VM away. */
  get evicting(): AbortSignal {
    return this.#evicting.signal;
  }

  /** Aborted when a task may use no more of the notice. */
  get terminating(): AbortSignal {
    return this.#terminating.signal;
  }

  get eviction(): EvictionPlan | undefined {
    return this.#eviction;
  }

  /** Nothing new is taken; what runs has until `terminating`, and its grace until `stopping`. */
  evict(eviction: Eviction, terminateMs: number): void {
    if (this.#eviction) return;
    const now = Date.now();
    const noticeMs = eviction.notBefore === null ? 0 : Date.parse(eviction.notBefore) - now;
    const { terminateInMs, stopInMs } = evictionTimes(noticeMs, terminateMs);
    this.#eviction = { ...eviction, terminateAt: new Date(now + terminateInMs).toISOString() };
    this.log('warning', 'evicting', { ...this.#eviction });
    this.#exitCode = exitUnwanted;
    this.#draining.abort();
    this.#evicting.abort();
    void sleep(terminateInMs).then(() => this.#terminating.abort());
    void sleep(stopInMs).then(() => this.stop('the VM is evicted', exitUnwanted));
  }

  drain(reason: string): void {
    if (this.phase !== 'working') return;
    this.log('info', 'draining', { reason });
    this.#draining.abort();
  }

  stop(reason: string, exitCode: number): void {
    if (this.phase === 'stopping') return;
    this.log('warning', 'stopping', { reason });
    // Not started again on a VM that Azure takes away.
    this.#exitCode = this.#eviction ? exitUnwanted : exitCode;
    this.#draining.abort();
    this.#stopping.abort();
    void sleep(stopGraceMs).then(() => this.#cutOff.abort());
  }

  /** First signal drains, the second stops. */
  onSignal(signal: string): void {
    if (this.phase === 'working') this.drain(signal);
    else this.stop(signal, exitDrained);
  }
}
