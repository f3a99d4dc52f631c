import type { HostClock } from './contract';

/** Longest real wait before the clock is read again, so that a jump of the machine's clock is noticed within it. */
const RECHECK_MS = 1_000;

interface Alarm {
  at: number;
  callback: () => void;
}

/** The machine's time, or time that runs `scale` times as fast from the moment of creation. */
export function createSystemClock(options: { scale?: number } = {}): HostClock {
  const scale = options.scale ?? 1;
  const origin = Date.now();
  const now = (): number => (scale === 1 ? Date.now() : origin + (Date.now() - origin) * scale);

  const at = (time: number, callback: () => void): (() => void) => {
    let handle: NodeJS.Timeout | undefined;
    const check = (): void => {
      const wait = (time - now()) / scale;
      if (wait <= 0) return callback();
      handle = setTimeout(check, Math.min(Math.ceil(wait), RECHECK_MS));
    };
    handle = setTimeout(check, Math.max(0, Math.min(Math.ceil((time - now()) / scale), RECHECK_MS)));
    return () => clearTimeout(handle);
  };
  return { now, at };
}

export interface SteppedClock extends HostClock {
  /** Moves time on (or back, when negative) and runs what has become due, in order of due time. */
  advance(ms: number): void;
  set(time: number): void;
}

/** Time that stands still until it is stepped. */
export function createSteppedClock(start = Date.UTC(2026, 0, 1)): SteppedClock {
  let time = start;
  const alarms = new Set<Alarm>();

  const runDue = (): void => {
    const due = [...alarms].filter((alarm) => alarm.at <= time).sort((a, b) => a.at - b.at);
    for (const alarm of due) if (alarms.delete(alarm)) setImmediate(alarm.callback);
  };
  const set = (next: number): void => {
    time = next;
    runDue();
  };
  const at = (due: number, callback: () => void): (() => void) => {
    const alarm = { at: due, callback };
    alarms.add(alarm);
    if (due <= time) runDue();
    return () => void alarms.delete(alarm);
  };
  return { now: () => time, at, set, advance: (ms) => set(time + ms) };
}
