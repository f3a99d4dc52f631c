import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runPoints } from './points';

const USAGE = 'Usage: crash [--points 200] [--seed 1]';

/** Kills the durable engine at seeded points; exit 0 if every run ended as an undisturbed one, 1 if not, 2 on misuse. */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { points: { type: 'string' }, seed: { type: 'string' } } });
  const points = Number(values.points ?? 200);
  const seed = Number(values.seed ?? 1);
  if (!Number.isInteger(points) || points < 1 || !Number.isInteger(seed)) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const begun = Date.now();
  const { passed, failed } = await runPoints(join(__dirname, 'child.js'), {
    points,
    seed,
    onResult: (result, index) => {
      if (result.problem)
        process.stdout.write(
          `point ${index}, killed after commit ${result.kills.join(', then ')}: ${result.problem}\n`,
        );
      else if ((index + 1) % 50 === 0) process.stdout.write(`${index + 1} points\n`);
    },
  });
  process.stdout.write(`seed ${seed}, ${((Date.now() - begun) / 1000).toFixed(1)} s\n`);
  process.stdout.write(`${passed} passed, ${failed.length} failed\n`);
  return failed.length === 0 ? 0 : 1;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    process.exitCode = 2;
  },
);
