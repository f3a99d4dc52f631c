import { printReport, runProgram, say } from '../program';
import { readArguments, type BenchArguments } from './arguments';
import { compare } from './comparison';
import { ContestantProcess } from './contestant-process';
import { Postgres } from './postgres';
import { failedLines, type Report } from './report';
import { table } from './table';

async function main(folder: string): Promise<number> {
  const given = readArguments(process.argv.slice(2));
  let postgres: Postgres | undefined;
  try {
    if (given.hasPeer) postgres = await Postgres.start();
    return conclude(await compare(given, { folder, postgres: postgres?.address }), given);
  } finally {
    ContestantProcess.killAll();
    await postgres?.stop();
  }
}

function conclude(report: Report, { jsonFile }: BenchArguments): number {
  printReport(report, table(report), jsonFile);
  if (report.isHeld === undefined) return 0;
  const failed = failedLines(report);
  for (const { title } of failed) say(`Not held: Muster is not ahead of DBOS on "${title}".`);
  if (report.isHeld) say('Held: Muster is ahead of DBOS on every compared line.');
  return report.isHeld ? 0 : 1;
}

runProgram({
  main,
  stop: () => {
    ContestantProcess.killAll();
    Postgres.killAll();
  },
});
