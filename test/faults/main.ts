import { parseArgs } from 'node:util';
import { runSeed } from './run-seed';
import { describeSchedule } from './schedule';

const usage = 'Usage: npm run test:faults -- [--seed 1] [--seconds 60] [--faults 20] [--quiet]';

/** One seeded run over a real stack; exit 0 if all is as it should be, 1 if not, 2 on misuse. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      seconds: { type: 'string', default: '60' },
      faults: { type: 'string', default: '20' },
      quiet: { type: 'boolean', default: false },
    },
  });
  const [seed, seconds, count] = [values.seed, values.seconds, values.faults].map(Number) as [
    number,
    number,
    number,
  ];
  if (![seed, seconds, count].every((value) => Number.isInteger(value) && value >= 0)) {
    process.stderr.write(`${usage}\n`);
    return 2;
  }
  const begun = Date.now();
  const tell = (line: string): void => void (values.quiet || process.stdout.write(`${line}\n`));
  const { schedule, story, problems, stateFolder } = await runSeed(
    seed,
    { lengthMs: seconds * 1000, count },
    tell,
  );
  if (problems.length > 0) {
    process.stdout.write(`\nThe schedule of seed ${seed}:\n${describeSchedule(schedule)}\n`);
    if (values.quiet) process.stdout.write(`\nWhat happened:\n${story.join('\n')}\n`);
    process.stdout.write(`\n${problems.length} problems:\n${problems.map((one) => `  ${one}`).join('\n')}\n`);
    process.stdout.write(`\nLogs and state: ${stateFolder}\nAgain: npm run test:faults -- --seed ${seed}\n`);
  }
  const took = ((Date.now() - begun) / 1000).toFixed(0);
  process.stdout.write(
    `seed ${seed}, ${schedule.length} faults, ${took} s: ${problems.length === 0 ? 'passed' : 'failed'}\n`,
  );
  return problems.length === 0 ? 0 : 1;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(
      `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n${usage}\n`,
    );
    process.exitCode = 2;
  },
);
