import type { HostClock } from './contract';
import type { TimerRow } from './store';

interface Entry extends TimerRow {
  isDead: boolean;
}

/** Calls back for each timer once the clock has passed its time, earliest first. Cancelled ones are skipped. */
export class Timers {
  private heap: Entry[] = [];
  private readonly entries = new Map<string, Entry>();
  private dead = 0;
  private wake: { at: number; cancel: () => void } | undefined;
  private isStopped = false;

  constructor(
    private readonly clock: HostClock,
    private readonly fire: (timer: TimerRow) => void,
  ) {}

  add(timers: readonly TimerRow[]): void {
    for (const timer of timers) {
      const entry = { ...timer, isDead: false };
      this.entries.set(nameOf(timer.key, timer.task), entry);
      this.push(entry);
    }
    this.arm();
  }

  cancel(key: number, task: number): void {
    const entry = this.entries.get(nameOf(key, task));
    if (!entry) return;
    entry.isDead = true;
    this.entries.delete(nameOf(key, task));
    this.dead += 1;
    if (this.dead > 1000 && this.dead * 2 > this.heap.length) this.compact();
  }

  stop(): void {
    this.isStopped = true;
    this.wake?.cancel();
  }

  private compact(): void {
    // An array in ascending order is a heap.
    this.heap = this.heap.filter((entry) => !entry.isDead).sort((a, b) => a.fireAt - b.fireAt);
    this.dead = 0;
  }

  private arm(): void {
    const next = this.heap[0];
    if (this.isStopped || !next || (this.wake && this.wake.at <= next.fireAt)) return;
    this.wake?.cancel();
    const cancel = this.clock.at(next.fireAt, () => this.fireDue());
    this.wake = { at: next.fireAt, cancel };
  }

  private fireDue(): void {
    this.wake = undefined;
    if (this.isStopped) return;
    const now = this.clock.now();
    for (let next = this.heap[0]; next && next.fireAt <= now; next = this.heap[0]) {
      this.pop();
      if (next.isDead) {
        this.dead -= 1;
        continue;
      }
      this.entries.delete(nameOf(next.key, next.task));
      this.fire(next);
    }
    this.arm();
  }

  private push(entry: Entry): void {
    const { heap } = this;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Entry;
      if (above.fireAt <= entry.fireAt) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop();
    if (heap.length === 0 || !last) return;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as Entry).fireAt < (heap[child] as Entry).fireAt)
        child += 1;
      if ((heap[child] as Entry).fireAt >= last.fireAt) break;
      heap[index] = heap[child] as Entry;
      index = child;
    }
    heap[index] = last;
  }
}

function nameOf(key: number, task: number): string {
  return `${key}:${task}`;
}
