import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { HostClock } from '../durable/contract';

interface Alarm {
  at: number;
  callback: () => void;
}

/** Longest real wait before the time is read again: the machine's own clock may jump too. */
const recheckMs = 1000;

/** What the time is computed from: at `real`, the host's time was `host`, and ran `scale` times as fast since. */
interface Origin {
  host: number;
  real: number;
  scale: number;
}

/**
 * A clock that can be moved forward and made to run faster, for tests that pass days in seconds. It is kept in a
 * file: timers stored under a stepped clock would not come due after a restart under another.
 */
export class ClockControl implements HostClock {
  readonly #file: string | undefined;
  readonly #alarms = new Set<Alarm>();
  #origin: Origin = { host: Date.now(), real: Date.now(), scale: 1 };
  #timer: NodeJS.Timeout | undefined;
  /** Time of the alarm the timer waits for. */
  #planned = Infinity;

  constructor(file?: string) {
    this.#file = file;
    if (file !== undefined && existsSync(file)) {
      this.#origin = JSON.parse(readFileSync(file, 'utf8')) as Origin;
    }
  }

  get scale(): number {
    return this.#origin.scale;
  }

  now(): number {
    return Math.floor(this.#origin.host + (Date.now() - this.#origin.real) * this.scale);
  }

  at(at: number, callback: () => void): () => void {
    const alarm = { at, callback };
    this.#alarms.add(alarm);
    if (at < this.#planned) {
      this.#plan(at);
    }
    return () => void this.#alarms.delete(alarm);
  }

  /** Applies a control call's body; answers what is wrong with it. */
  apply(body: unknown): string | undefined {
    const { advanceMs = 0, scale = this.scale } = (body ?? {}) as { advanceMs?: unknown; scale?: unknown };
    if (typeof advanceMs !== 'number' || !Number.isFinite(advanceMs) || advanceMs < 0) {
      return 'advanceMs must be a number of milliseconds, not below zero.';
    }
    if (typeof scale !== 'number' || !Number.isFinite(scale) || scale <= 0 || scale > 1_000_000) {
      return 'scale must be a number above zero, at most 1000000.';
    }
    this.#origin = { host: this.now() + advanceMs, real: Date.now(), scale };
    if (this.#file !== undefined) {
      writeFileSync(this.#file, JSON.stringify(this.#origin));
    }
    this.#plan(this.#earliest());
    return undefined;
  }

  #earliest(): number {
    let earliest = Infinity;
    for (const { at } of this.#alarms) {
      earliest = Math.min(earliest, at);
    }
    return earliest;
  }

  #plan(earliest: number): void {
    clearTimeout(this.#timer);
    this.#planned = earliest;
    if (earliest !== Infinity) {
      const wait = Math.ceil((earliest - this.now()) / this.scale);
      this.#timer = setTimeout(() => this.#runDue(), Math.max(0, Math.min(wait, recheckMs)));
    }
  }

  #runDue(): void {
    const due = [...this.#alarms].filter(({ at }) => at <= this.now()).sort((a, b) => a.at - b.at);
    for (const alarm of due) {
      if (this.#alarms.delete(alarm)) {
        alarm.callback();
      }
    }
    this.#plan(this.#earliest());
  }
}
