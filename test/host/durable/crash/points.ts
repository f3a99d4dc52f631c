import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { seeded } from '../../../support/seeded';
import { Outbox } from './outbox';

export interface Life {
  wasKilled: boolean;
  results?: Record<string, unknown>;
  commits: number;
  error?: string;
}

export interface PointResult {
  kills: number[];
  problem?: string;
}

const LIFE_DEADLINE_MS = 30_000;

/** Runs the child program until it ends or is killed; `killAt` 0 lets it live. */
function live(child: string, folder: string, killAt: number): Promise<Life> {
  return new Promise((resolve) => {
    const process_ = spawn(process.execPath, ['--no-warnings', child, folder, String(killAt)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: process.env,
    });
    let output = '';
    let errors = '';
    process_.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    process_.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const deadline = setTimeout(() => {
      errors += 'The life did not end in time.';
      process_.kill('SIGTERM');
    }, LIFE_DEADLINE_MS);
    process_.on('close', (code, signal) => {
      clearTimeout(deadline);
      if (signal === 'SIGKILL') return resolve({ wasKilled: true, commits: killAt });
      if (code !== 0)
        return resolve({ wasKilled: false, commits: 0, error: errors || `exit ${String(code ?? signal)}` });
      resolve({
        wasKilled: false,
        ...(JSON.parse(output) as { results: Record<string, unknown>; commits: number }),
      });
    });
  });
}

/** What the app does when nothing disturbs it, and in how many commits. */
export async function undisturbed(child: string): Promise<Life> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-crash-'));
  try {
    return await live(child, folder, 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Lives and dies at each of `kills` in turn, then lives to the end; the results must be those of an undisturbed run. */
export async function runPoint(
  child: string,
  kills: number[],
  expected: Record<string, unknown>,
): Promise<PointResult> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-crash-'));
  try {
    for (const killAt of [...kills, 0]) {
      const life = await live(child, folder, killAt);
      if (life.error) return { kills, problem: life.error };
      new Outbox(folder).settleFromStore();
      if (life.wasKilled) continue;
      // A life may end before its last commit is reached; then there is nothing left to kill.
      return { kills, ...difference(life.results ?? {}, expected) };
    }
    return { kills, problem: 'No life came to an end.' };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function difference(
  results: Record<string, unknown>,
  expected: Record<string, unknown>,
): { problem?: string } {
  const names = new Set([...Object.keys(results), ...Object.keys(expected)]);
  const wrong = [...names].filter((name) => !isDeepStrictEqual(results[name], expected[name]));
  if (wrong.length === 0) return {};
  const lines = wrong.map(
    (name) => `${name}: ${JSON.stringify(results[name])} instead of ${JSON.stringify(expected[name])}`,
  );
  return { problem: lines.join('; ') };
}

/** A first kill anywhere in an undisturbed run, and half the time a second one soon after the restart. */
export function killsFor(random: () => number, commits: number): number[] {
  const first = 1 + Math.floor(random() * commits);
  return random() < 0.5 ? [first] : [first, 1 + Math.floor(random() * 12)];
}

/** Runs `points` of them, two at a time. */
export async function runPoints(
  child: string,
  options: { points: number; seed: number; onResult?: (result: PointResult, index: number) => void },
): Promise<{ passed: number; failed: PointResult[] }> {
  const base = await undisturbed(child);
  if (!base.results) throw new Error(`The undisturbed run failed: ${base.error ?? 'no result'}`);
  const expected = base.results;
  const random = seeded(options.seed);
  const kills = Array.from({ length: options.points }, () => killsFor(random, base.commits));
  const failed: PointResult[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < kills.length; index = next++) {
      const result = await runPoint(child, kills[index] as number[], expected);
      if (result.problem) failed.push(result);
      options.onResult?.(result, index);
    }
  };
  await Promise.all([worker(), worker()]);
  return { passed: kills.length - failed.length, failed };
}
