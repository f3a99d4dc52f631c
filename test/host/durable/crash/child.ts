import { join } from 'node:path';
import { createDurableEngine, createSystemClock } from '../../../../host/durable';
import type { DurableEngine } from '../../../../host/durable/contract';
import { createLibraryInvoker } from '../library-app';
import { crashApp, INSTANCES } from './app';
import { Outbox } from './outbox';

/** One life: takes the work up where the last life left it, and kills itself right after the commit it was told. */
async function main(folder: string, killAt: number): Promise<void> {
  let commits = 0;
  const engine = createDurableEngine({
    file: join(folder, 'durable.db'),
    invoker: createLibraryInvoker(crashApp(folder)),
    clock: createSystemClock(),
    maxConcurrentActivities: 3,
    maxConcurrentOrchestrations: 4,
    hubName: 'Crash',
    // Every other life keeps nothing of idle instances in memory, so that both ways are crossed with each other.
    ...(killAt % 2 === 1 ? { cacheSize: 0 } : {}),
    onCommit: (n) => {
      commits = n;
      if (n === killAt) process.kill(process.pid, 'SIGKILL');
    },
  });
  await engine.start();
  const outbox = new Outbox(folder);
  for (const { id, name, input } of INSTANCES) {
    if (!(await engine.status(id))) await engine.startNew({ name, instanceId: id, input });
  }
  await Promise.all([
    sendEvents(engine, outbox),
    sendSignals(engine, outbox),
    pauseAndResume(engine, outbox),
    doom(engine),
  ]);
  const results: Record<string, unknown> = {};
  for (const { id } of INSTANCES) {
    const status = await engine.whenFinished(id);
    results[id] = { status: status?.runtimeStatus, output: status?.output };
  }
  for (const key of ['plain', 'from', 'to'])
    results[`account ${key}`] = await stateOf(engine, 'Account', key);
  await settledLog(engine);
  results['log'] = await stateOf(engine, 'Log', 'all');
  results['child'] = (await engine.status('failing-child'))?.runtimeStatus;
  await engine.stop(5_000);
  process.stdout.write(JSON.stringify({ results, commits }));
}

const SIGNALS = 6;

/** One after the other, each only if no earlier life has got it into the store. */
async function once(outbox: Outbox, id: string, send: () => Promise<unknown>): Promise<void> {
  if (outbox.settled().has(id)) return;
  await send();
  outbox.settle(id);
}

async function sendEvents(engine: DurableEngine, outbox: Outbox): Promise<void> {
  for (let i = 0; i < 8; i++) {
    const id = `message-event-${i}`;
    await once(outbox, id, () => engine.raiseEvent('collector', i % 2 ? 'Item' : 'ITEM', id));
  }
}

async function sendSignals(engine: DurableEngine, outbox: Outbox): Promise<void> {
  for (let i = 0; i < SIGNALS; i++) {
    const id = `message-signal-${i}`;
    await once(outbox, id, () => engine.signalEntity({ name: 'Log', key: 'all' }, 'append', id));
  }
}

async function pauseAndResume(engine: DurableEngine, outbox: Outbox): Promise<void> {
  if ((await engine.status('paused'))?.runtimeStatus !== 'Completed') await engine.suspend('paused', 'wait');
  for (let i = 0; i < 3; i++) {
    const id = `message-paused-${i}`;
    await once(outbox, id, () => engine.raiseEvent('paused', 'Item', id));
  }
  await engine.resume('paused', 'go on');
}

async function doom(engine: DurableEngine): Promise<void> {
  await engine.terminate('doomed', 'over');
}

async function stateOf(engine: DurableEngine, name: string, key: string): Promise<unknown> {
  return (await engine.entityState({ name, key }))?.state;
}

async function settledLog(engine: DurableEngine): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (((await stateOf(engine, 'Log', 'all')) as unknown[] | undefined)?.length !== SIGNALS) {
    if (Date.now() > deadline) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

main(process.argv[2] ?? '', Number(process.argv[3] ?? 0)).catch((error: unknown) => {
  process.stderr.write(`${String(error instanceof Error ? error.stack : error)}\n`);
  process.exitCode = 1;
});
