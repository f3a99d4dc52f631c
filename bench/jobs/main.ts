import type { Stack } from '../../scripts/stack/stack';
import { machine } from '../host/report';
import { printReport, runProgram, say, sayVerdict } from '../program';
import { readArguments, type BenchArguments } from './arguments';
import { fullSizes, measureMuster, quickSizes } from './muster';
import type { Report } from './report';
import { measureSlurm } from './slurm/measure-slurm';
import { killSlurms } from './slurm/slurm';
import { benchSettings } from './stack';
import { table } from './table';
import { findNotHeld } from './verdict';

/** What must not outlive this program. */
const left: { stack?: Stack } = {};

async function main(folder: string): Promise<number> {
  const given = readArguments(process.argv.slice(2));
  const report = await measure(given, folder);
  printReport(report, table(report), given.jsonFile);
  return sayVerdict(report.notHeld);
}

async function measure({ isQuick, parts, hasPeer }: BenchArguments, folder: string): Promise<Report> {
  const sizes = isQuick ? quickSizes : fullSizes;
  const onStack = (stack: Stack): void => void (left.stack = stack);
  const muster = await measureMuster({ folder, parts, sizes, say, onStack });
  const { array, separate } = sizes;
  const slurmSizes = { array, separate, inARow: isQuick ? 10 : 100, alone: isQuick ? 3 : 60 };
  const slurm = hasPeer ? await measureSlurm(slurmSizes, { isQuick, say }) : [];
  return {
    at: new Date().toISOString(),
    isQuick,
    machine: machine(),
    settings: benchSettings,
    muster,
    slurm,
    notHeld: findNotHeld(muster, slurm),
  };
}

runProgram({
  main,
  stop: () => {
    killSlurms();
    return left.stack?.stop();
  },
});
