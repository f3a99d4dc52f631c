import type { SimulatorClock } from './machines/contract';

interface Alarm {
  at: number;
  callback: () => void;
}

/** Longest delay setTimeout takes without wrapping round to 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Turns of the event loop that the consequences of an alarm get before the next one rings. */
const SETTLING_TURNS = 3;

/**
 * A clock that can be moved forward or run faster than the wall clock.
 * INVARIANT: alarms ring in order of their time, each once, and never before now() has reached them.
 */
export class AdjustableClock implements SimulatorClock {
  private baseReal = Date.now();
  private baseSimulated = this.baseReal;
  private speed = 1;
  private advancing: Promise<void> = Promise.resolve();
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

  /**
   * Moves on, stopping at each alarm on the way: what an alarm sets in motion (the next sleep of an operation) counts
   * from that alarm's own time, as if the time had really passed.
   */
  advance(byMs: number): Promise<void> {
    this.advancing = this.advancing.then(() => this.stepTo(this.now() + byMs));
    return this.advancing;
  }

  private async stepTo(target: number): Promise<void> {
    for (let next = this.earliest(); next && next.at <= target; next = this.earliest()) {
      this.rebase(Math.max(this.now(), next.at));
      this.alarms.delete(next);
      next.callback();
      for (let turn = 0; turn < SETTLING_TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    this.rebase(Math.max(this.now(), target));
    this.arm();
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
