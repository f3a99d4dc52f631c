import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../scripts/stack/project-root';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'muster-demos-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every claim that a demo makes is checked by itself; it ends with 1 where one is not true. */
test.each(['demo', 'demo-elastic'])(
  '%s shows what it says, and leaves nothing behind',
  (name) => {
    const program = join(projectRoot(), 'dist', 'scripts', `${name}.js`);
    const record = join(folder, `${name}.jsonl`);
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, '--record', record], {
      encoding: 'utf8',
      env: { ...process.env, TMPDIR: folder },
    });
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('What is left in the simulated Azure: 0 billable resources and machines');
    expect(readFileSync(record, 'utf8').split('\n').length).toBeGreaterThan(20);
    expect(readdirSync(folder).filter((entry) => !entry.endsWith('.jsonl'))).toEqual([]);
  },
  120_000,
);
