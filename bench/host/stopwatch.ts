import { performance } from 'node:perf_hooks';
import { inLanes } from '../lanes';
import { gateReached } from './gate';
import type { LineId, Sample } from './lines';
import { percentile } from './statistics';
import type { Subject } from './subject';

export const replayedId = 'replayed';
const atOnce = 64;

/** Measures either side in the same way; every output is checked, so that nobody wins by not doing the work. */
export class Stopwatch {
  /** How long setting one timer has taken lately; the first guess is generous. */
  private setMsPerTimer = 5;

  constructor(private readonly subject: Subject) {}

  async measure(line: LineId, size: number): Promise<Sample> {
    switch (line) {
      case 'sequences-one-at-a-time':
        return this.sequences(size, 1, (input) => this.run('sequence', input));
      case 'sequences-64-at-once':
        return this.sequences(size, atOnce, (input) => this.run('sequence', input));
      case 'sequences-over-http':
        return this.sequences(size, 1, (input) => this.overHttp(input));
      case 'fan-out':
        return this.seconds(() => this.run('fanOut', size), sumTo(size));
      case 'sub-orchestrations':
        return this.seconds(() => this.run('parent', size), sumTo(size));
      case 'timers':
        return this.timers(size, (at) => this.sleepers(size, at));
      case 'timers-of-one':
        return this.timers(size, async (at) => {
          const { finished } = await this.subject.begin('manyTimers', { count: size, at });
          return finished;
        });
      case 'size':
        return this.sizePerSequence(size, 'asItStands');
      case 'size-compact':
        return this.sizePerSequence(size, 'compact');
      case 'replay': {
        const { tookMs, output } = await this.subject.recover(replayedId);
        expectEqual(output, sumTo(size) + 1);
        return { value: tookMs / 1000 };
      }
    }
  }

  /** Brings an orchestration to where its history is full and one activity is under way; the caller then kills the process. */
  async prepareReplay(size: number): Promise<void> {
    const { finished } = await this.subject.begin('replayed', size, replayedId);
    await Promise.race([gateReached, finished]);
  }

  private async run(work: 'sequence' | 'fanOut' | 'parent', input: number): Promise<unknown> {
    const { finished } = await this.subject.begin(work, input);
    return finished;
  }

  private overHttp(input: number): Promise<unknown> {
    if (!this.subject.overHttp) throw new Error('This side has no HTTP API.');
    return this.subject.overHttp(input);
  }

  private async sequences(
    count: number,
    lanes: number,
    run: (input: number) => Promise<unknown>,
  ): Promise<Sample> {
    const tookMs: number[] = [];
    const begun = performance.now();
    await inLanes(count, lanes, async (input) => {
      const started = performance.now();
      expectEqual(await run(input), input + 3);
      tookMs.push(performance.now() - started);
    });
    const seconds = (performance.now() - begun) / 1000;
    return { value: count / seconds, p50Ms: percentile(tookMs, 50), p99Ms: percentile(tookMs, 99) };
  }

  private async seconds(run: () => Promise<unknown>, expected: number): Promise<Sample> {
    const begun = performance.now();
    expectEqual(await run(), expected);
    return { value: (performance.now() - begun) / 1000 };
  }

  /** From the moment the timers are due until everything that waited for them has finished. */
  private async timers(size: number, begin: (at: number) => Promise<unknown>): Promise<Sample> {
    const before = await this.subject.timersSet();
    const begun = Date.now();
    const at = begun + 500 + Math.ceil(size * this.setMsPerTimer * 1.5);
    const finished = begin(at);
    finished.catch(() => undefined);
    const allSet = await this.allTimersSet(before + size, at);
    const setMs = (Date.now() - begun) / size;
    await finished;
    // Some were set when they were due already: this round tells nothing, the next one allows more time.
    this.setMsPerTimer = allSet ? Math.max(0.05, setMs) : this.setMsPerTimer * 2;
    if (!allSet) return this.timers(size, begin);
    return { value: (Date.now() - at) / 1000 };
  }

  private async allTimersSet(wanted: number, at: number): Promise<boolean> {
    while (Date.now() < at) {
      if ((await this.subject.timersSet()) >= wanted) return Date.now() < at;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    return false;
  }

  private async sleepers(size: number, at: number): Promise<void> {
    const finished: Promise<unknown>[] = [];
    await inLanes(size, atOnce, async () => {
      finished.push((await this.subject.begin('sleeper', at)).finished);
    });
    await Promise.all(finished);
  }

  private async sizePerSequence(count: number, kind: 'asItStands' | 'compact'): Promise<Sample> {
    const before = (await this.subject.size())[kind];
    await this.sequences(count, atOnce, (input) => this.run('sequence', input));
    const after = (await this.subject.size())[kind];
    return { value: (after - before) / count };
  }
}

/** The sum of 1..count: what adding one to each of 0..count-1 comes to. */
function sumTo(count: number): number {
  return (count * (count + 1)) / 2;
}

function expectEqual(actual: unknown, expected: number): void {
  if (actual !== expected) throw new Error(`Expected ${expected}, got ${JSON.stringify(actual)}.`);
}
