import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { runPoints, undisturbed } from './points';

describe('the durable engine under kill -9', () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-crash-child-'));
  const child = join(folder, 'child.js');

  beforeAll(() => {
    buildSync({
      entryPoints: [join(__dirname, 'child.ts')],
      outfile: child,
      bundle: true,
      platform: 'node',
      packages: 'external',
    });
    process.env['NODE_PATH'] = [resolve('node_modules'), process.env['NODE_PATH']]
      .filter(Boolean)
      .join(delimiter);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('ends every orchestration as planned when nothing disturbs it', async () => {
    const { results } = await undisturbed(child);
    const messages = (kind: string, count: number): string[] =>
      Array.from({ length: count }, (_, index) => `message-${kind}-${index}`);
    expect(results).toEqual({
      sequence: { status: 'Completed', output: 4 },
      'fan-out': { status: 'Completed', output: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 'in time'] },
      timers: { status: 'Completed', output: 3 },
      collector: { status: 'Completed', output: messages('event', 8) },
      paused: { status: 'Completed', output: messages('paused', 3) },
      doomed: { status: 'Terminated', output: 'over' },
      parent: { status: 'Completed', output: [4, 5, 6, "Orchestrator function 'Failing' failed: as told"] },
      retries: { status: 'Completed', output: ['r1 done', 2, 'r2 done', 6] },
      entities: { status: 'Completed', output: 44 },
      'transfer-1': { status: 'Completed', output: 'moved' },
      'transfer-2': { status: 'Completed', output: 'moved' },
      'account plain': 44,
      'account from': -20,
      'account to': 20,
      log: messages('signal', 6),
      child: 'Failed',
    });
  });

  it('ends the same, each event seen once, wherever it is killed', async () => {
    const { passed, failed } = await runPoints(child, { points: 10, seed: 7 });
    expect(failed).toEqual([]);
    expect(passed).toBe(10);
  }, 60_000);
});
