import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createDurableEngine,
  createSteppedClock,
  type EngineOptions,
  type SteppedClock,
} from '../../../host/durable';
import type { DurableEngine, InstanceStatus } from '../../../host/durable/contract';
import { createLibraryInvoker, type TestApp } from './library-app';

export interface Fixture {
  engine: DurableEngine;
  clock: SteppedClock;
  file: string;
  /** Stops the engine and starts another on the same file. */
  restart(app?: TestApp): Promise<void>;
  /** Stops the engine; the function it gives starts another on the same file. */
  stop(): Promise<() => Promise<void>>;
  close(): Promise<void>;
  run(name: string, input?: unknown, instanceId?: string): Promise<InstanceStatus>;
  finished(instanceId: string): Promise<InstanceStatus>;
}

export async function createFixture(app: TestApp, options: Partial<EngineOptions> = {}): Promise<Fixture> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-durable-'));
  const clock = createSteppedClock();
  const make = (functions: TestApp): DurableEngine =>
    createDurableEngine({
      file: join(folder, 'durable.db'),
      invoker: createLibraryInvoker(functions),
      clock,
      maxConcurrentActivities: 10,
      maxConcurrentOrchestrations: 10,
      hubName: 'TestHub',
      ...options,
    });
  const fixture: Fixture = {
    engine: make(app),
    clock,
    file: join(folder, 'durable.db'),
    async restart(functions = app) {
      await fixture.engine.stop(5_000);
      fixture.engine = make(functions);
      await fixture.engine.start();
    },
    async stop() {
      await fixture.engine.stop(5_000);
      return async () => {
        fixture.engine = make(app);
        await fixture.engine.start();
      };
    },
    async close() {
      await fixture.engine.stop(5_000);
      rmSync(folder, { recursive: true, force: true });
    },
    async run(name, input, instanceId) {
      const started = await fixture.engine.startNew({ name, input, ...(instanceId ? { instanceId } : {}) });
      return fixture.finished(started.instanceId);
    },
    async finished(instanceId) {
      const status = await fixture.engine.whenFinished(instanceId);
      if (!status) throw new Error(`There is no instance '${instanceId}'.`);
      return status;
    },
  };
  await fixture.engine.start();
  return fixture;
}

/** Looks again each round of the event loop until `condition` holds; fails after `deadlineMs`. */
export async function until(condition: () => boolean | Promise<boolean>, deadlineMs = 10_000): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('The condition did not come true in time.');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
