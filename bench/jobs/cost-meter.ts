import { difference, sum, type Counts } from '../counts';
import { LogReader } from '../log-reader';
import { DurableMeter, hostQueuePoll, StorageMeter, workQueuePoll } from '../scale-sets/meters';
import type { Cost } from './report';
import { componentOf, durableFile, type JobsStack } from './stack';

interface Reading {
  storage: Counts;
  invocations: Counts;
  events: number;
}

/** Counts what work on a metered stack costs. */
export class CostMeter {
  private readonly storage: StorageMeter;
  private readonly durable: DurableMeter;
  private readonly host: LogReader;
  private readonly invocations: Counts = {};

  constructor(stack: JobsStack) {
    this.storage = new StorageMeter(componentOf(stack, 'storage').logFile);
    this.durable = new DurableMeter(durableFile(stack));
    this.host = new LogReader(componentOf(stack, 'host').logFile);
  }

  async costOf(act: () => Promise<unknown>): Promise<Cost> {
    const before = await this.read();
    await act();
    const after = await this.read();
    const storage = difference(before.storage, after.storage);
    const byFunction = difference(before.invocations, after.invocations);
    const looks = (storage[workQueuePoll] ?? 0) + (storage[hostQueuePoll] ?? 0);
    return {
      storage,
      storageOperations: sum(storage) - looks,
      looks,
      byFunction,
      invocations: sum(byFunction),
      httpCalls: sum(
        Object.fromEntries(Object.entries(byFunction).filter(([name]) => name.startsWith('http '))),
      ),
      durableEvents: after.events - before.events,
    };
  }

  close(): void {
    this.durable.close();
  }

  private async read(): Promise<Reading> {
    for (const line of await this.host.lines()) this.countInvocation(line);
    return {
      storage: await this.storage.read(),
      invocations: { ...this.invocations },
      events: this.durable.read().events,
    };
  }

  /** The host says of each invocation what it was for, as Microsoft's does. */
  private countInvocation(line: string): void {
    const [, name, reason = ''] = /Executing 'Functions\.([^']+)' \(Reason='([^']*)'/.exec(line) ?? [];
    if (!name) return;
    const kind = /programmatically called/.test(reason) ? 'http ' : '';
    const key = `${kind}${name}`;
    this.invocations[key] = (this.invocations[key] ?? 0) + 1;
  }
}
