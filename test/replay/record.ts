import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { projectRoot } from '../../scripts/stack/project-root';
import { eventually, startLocalStack, type LocalStack } from '../support/local-stack';
import type { RecordedHistory } from './replay';

/**
 * Records the histories that `replay.test.ts` replays: runs the real product through its paces and reads, again and again,
 * what the host's store holds. One file for each shape of history met. Run it when an orchestrator changed on purpose:
 *   npm run build && node_modules/.bin/node dist/test/replay/record.js
 */
const folder = join(projectRoot(), 'test', 'replay', 'histories');

const read = `
  SELECT i.id, i.name, inputs.input,
         (SELECT json_group_array(json(events)) FROM (SELECT events FROM history WHERE key = i.key ORDER BY turn)) AS turns
  FROM instances i LEFT JOIN inputs ON inputs.key = i.key`;

/** Which events came in which order, whatever their values. */
function shapeOf(history: RecordedHistory): string {
  const steps = history.history.map((event) => `${event.EventType}:${String(event['Name'] ?? '')}`);
  return `${history.orchestrator} ${steps.join(' ')}`;
}

function sample(database: DatabaseSync, found: Map<string, RecordedHistory>): void {
  for (const row of database.prepare(read).all()) {
    const turns = JSON.parse(String(row['turns'])) as RecordedHistory['history'][];
    const recorded: RecordedHistory = {
      orchestrator: String(row['name']),
      instanceId: String(row['id']),
      input: row['input'] === null ? null : String(row['input']),
      history: turns.flat(),
    };
    if (recorded.history.length > 0) found.set(shapeOf(recorded), recorded);
  }
}

async function scenario({ client }: LocalStack): Promise<void> {
  const ready = (capacity: number) =>
    eventually(`${capacity} VMs`, async () => {
      const view = await client.getScaleSet('cbox');
      return view?.state === 'ready' && view.capacity.enrolled === capacity;
    });
  await client.putScaleSet('cbox', { template: 'cbox', capacity: 1 });
  await client.putVirtualMachine('solo', { template: 'cbox' });
  await ready(1);
  await client.putScaleSet('cbox', { template: 'cbox', capacity: 2 });
  await ready(2);
  const good = await client.submitJob({
    target: { scaleSet: 'cbox' },
    array: { count: 6 },
    run: { script: 'sleep 0.3' },
  });
  await client.waitForJob(good.id, 60);
  await eventually('solo', async () => (await client.getVirtualMachine('solo'))?.state === 'ready');
  const bad = await client.submitJob({ target: { virtualMachine: 'solo' }, run: { program: 'false' } });
  await client.waitForJob(bad.id, 60);
  await jobsOfOtherCourses(client);
  await client.putScaleSet('cbox', { template: 'cbox', capacity: 1 });
  await ready(1);
  const orphan = await client.submitJob({ target: { scaleSet: 'cbox' }, run: { script: 'sleep 600' } });
  await eventually('the task', async () => (await client.listTasks(orphan.id))[0]?.state === 'running');
  await client.deleteScaleSet('cbox');
  await client.deleteVirtualMachine('solo');
  await eventually(
    'all gone',
    async () => !(await client.getScaleSet('cbox')) && !(await client.getVirtualMachine('solo')),
  );
  await client.waitForJob(orphan.id, 60);
}

/** Run again, bounded, cancelled, after another one, on a VM of its own, with a token. */
async function jobsOfOtherCourses(client: LocalStack['client']): Promise<void> {
  const target = { scaleSet: 'cbox' };
  const retried = await client.submitJob({ target, run: { program: 'false' }, retry: { limit: 1 } });
  const after = await client.submitJob({
    target,
    run: { program: 'true' },
    dependsOn: [{ job: retried.id, outcome: 'ended' }],
  });
  const bounded = await client.submitJob({
    target,
    array: { count: 4 },
    maxRunning: 1,
    run: { program: 'true' },
  });
  const cancelled = await client.submitJob({ target, run: { program: 'sleep', arguments: ['600'] } });
  await eventually('the task', async () => (await client.listTasks(cancelled.id))[0]?.state === 'running');
  await client.cancelJob(cancelled.id);
  const own = await client.submitJob({
    target: { virtualMachineTemplate: 'cbox' },
    run: { program: 'true' },
    controlPlaneAccess: true,
  });
  for (const { id } of [retried, after, bounded, cancelled, own]) await client.waitForJob(id, 90);
}

async function main(): Promise<void> {
  const stack = await startLocalStack();
  const found = new Map<string, RecordedHistory>();
  try {
    const database = new DatabaseSync(join(stack.stateFolder, 'host', 'durable.sqlite'), { readOnly: true });
    let isOver = false;
    const run = scenario(stack).finally(() => (isOver = true));
    while (!isOver) {
      sample(database, found);
      await delay(20);
    }
    await run;
    sample(database, found);
    database.close();
  } finally {
    await stack.dispose();
  }
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(folder)) rmSync(join(folder, file));
  const ordered = [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  ordered.forEach(([, history], index) => {
    const file = `${history.orchestrator}-${String(index + 1).padStart(2, '0')}.json`;
    writeFileSync(join(folder, file), `${JSON.stringify(history, null, 1)}\n`);
  });
  console.log(`${ordered.length} histories recorded.`);
}

void main();
