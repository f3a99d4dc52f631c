import type { SimulatorClock } from './machines/contract';

interface Alarm {
  at: number;
  callback: () => void;
}

/** Longest delay setTimeout takes without wrapping round to 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * A clock that can be moved forward or run faster than the wall clock.
 * INVARIANT: alarms ring in order of their time, each once, and never before now() has reached them.
 */
export class AdjustableClock implements SimulatorClock {
  private baseReal = Date.now();
  private baseSimulated = this.baseReal;
  private speed = 1;
  private readonly alarms = new Set<Alarm>();
  private timer: NodeJS.Timeout | undefined;

  now(): number {
    return this.baseSimulated + (Date.now() - this.baseReal) * this.speed;
  }

  scale(): number {
    return this.speed;
  }

  at(at: number, callback: () => void): () => void {
    const alarm: Alarm = { at, callback };
    this.alarms.add(alarm);
    this.arm();
    return () => {
      this.alarms.delete(alarm);
      this.arm();
    };
  }

  sleep(durationMs: number): Promise<void> {
    if (durationMs <= 0) return Promise.resolve();
    return new Promise((resolve) => this.at(this.now() + durationMs, resolve));
  }

  advance(byMs: number): void {
    this.rebase(this.now() + byMs);
    this.ring();
  }

  setScale(speed: number): void {
    this.rebase(this.now());
    this.speed = speed;
    this.arm();
  }

  /** Forgets every alarm, so that nothing keeps the process alive. */
  close(): void {
    this.alarms.clear();
    clearTimeout(this.timer);
  }

  private rebase(simulated: number): void {
    this.baseReal = Date.now();
    this.baseSimulated = simulated;
  }

  private ring(): void {
    for (let next = this.earliest(); next && next.at <= this.now(); next = this.earliest()) {
      this.alarms.delete(next);
      next.callback();
    }
    this.arm();
  }

  private arm(): void {
    clearTimeout(this.timer);
    const next = this.earliest();
    if (!next) return;
    const delay = Math.max(0, (next.at - this.now()) / this.speed);
    this.timer = setTimeout(() => this.ring(), Math.min(Math.ceil(delay), LONGEST_TIMER_MS));
  }

  private earliest(): Alarm | undefined {
    let found: Alarm | undefined;
    for (const alarm of this.alarms) if (!found || alarm.at < found.at) found = alarm;
    return found;
  }
}
