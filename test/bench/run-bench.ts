import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

export interface BenchRun {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the bench of that name to its end; what it keeps meanwhile lies in `folder`. */
export function runBench(name: string, folder: string, given: string[]): BenchRun {
  const program = path.resolve(__dirname, '../../dist/bench', name, 'main.js');
  if (!existsSync(program)) throw new Error(`${program} is missing: build it first (npx tsc --build bench).`);
  const env = { ...process.env, TMPDIR: folder };
  return spawnSync(process.execPath, [program, ...given], { encoding: 'utf8', env });
}
