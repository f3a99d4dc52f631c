import { sleep } from './backoff';
import type { Log } from './log';

/** `working` -> `draining` (takes nothing new) -> `stopping` (tasks are killed); never backwards. */
export type Phase = 'working' | 'draining' | 'stopping';

export const exitDrained = 0;
/** Means "do not restart": the control plane has no use for this agent (systemd: RestartPreventExitStatus=42). */
export const exitUnwanted = 42;

/** What a stopping agent may still spend on flushing output and giving its messages back. */
const stopGraceMs = 5000;

/**
 * INVARIANTS: phases only go forward. `draining` is aborted no later than `stopping`, `stopping` before `cutOff`.
 * After `cutOff` no call is retried, so the process ends within one request's time-out.
 */
export class Lifecycle {
  readonly #draining = new AbortController();
  readonly #stopping = new AbortController();
  readonly #cutOff = new AbortController();
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

  drain(reason: string): void {
    if (this.phase !== 'working') return;
    this.log('info', 'draining', { reason });
    this.#draining.abort();
  }

  stop(reason: string, exitCode: number): void {
    if (this.phase === 'stopping') return;
    this.log('warning', 'stopping', { reason });
    this.#exitCode = exitCode;
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
