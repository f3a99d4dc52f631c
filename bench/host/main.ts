import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { messageOf } from '../../host/functions/problems';
import { readArguments, type BenchArguments } from './arguments';
import { compare } from './comparison';
import { ContestantProcess } from './contestant-process';
import { Postgres } from './postgres';
import { failedLines, type Report } from './report';
import { table } from './table';

/** Everything that must not outlive this program. */
const left: { postgres?: Postgres; folder?: string } = {};

async function main(): Promise<number> {
  const given = readArguments(process.argv.slice(2));
  endOnSignals();
  left.folder = mkdtempSync(path.join(tmpdir(), 'muster-bench-'));
  try {
    if (given.hasPeer) left.postgres = await Postgres.start();
    return conclude(await compare(given, { folder: left.folder, postgres: left.postgres?.address }), given);
  } finally {
    ContestantProcess.killAll();
    await left.postgres?.stop();
    rmSync(left.folder, { recursive: true, force: true });
  }
}

function conclude(report: Report, { jsonFile }: BenchArguments): number {
  const json = JSON.stringify(report, null, 2);
  process.stdout.write(`${table(report)}\n\n`);
  if (jsonFile === undefined) process.stdout.write(`${json}\n`);
  else writeFileSync(jsonFile, `${json}\n`);
  if (report.isHeld === undefined) return 0;
  const failed = failedLines(report);
  for (const { title } of failed)
    process.stderr.write(`Not held: Muster is not ahead of DBOS on "${title}".\n`);
  if (report.isHeld) process.stderr.write('Held: Muster is ahead of DBOS on every compared line.\n');
  return report.isHeld ? 0 : 1;
}

function endOnSignals(): void {
  const end = (signal: NodeJS.Signals): void => {
    ContestantProcess.killAll();
    Postgres.killAll();
    if (left.folder) rmSync(left.folder, { recursive: true, force: true });
    process.stderr.write(`${signal}: stopped, and cleaned up.\n`);
    process.exit(130);
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 2;
  },
);
