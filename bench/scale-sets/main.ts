import { cpus, totalmem } from 'node:os';
import { printReport, runProgram, say, sayVerdict } from '../program';
import { readArguments } from './arguments';
import type { Report, SizeResult } from './report';
import { runSize, settingsOf } from './run-size';
import { table } from './table';
import type { ThinStack } from './thin-stack';
import { findNotHeld } from './verdict';

/** What must not outlive this program. */
const left: { stack?: ThinStack } = {};

async function main(folder: string): Promise<number> {
  const given = readArguments(process.argv.slice(2));
  const sizes: SizeResult[] = [];
  for (const size of given.sizes) {
    say(`${size} VMs: create, grow by half, delete`);
    const onStack = (stack: ThinStack): void => void (left.stack = stack);
    sizes.push(await runSize(size, { folder, isQuick: given.isQuick, onStack }));
  }
  const report = reportOf(sizes, given.isQuick);
  printReport(report, table(report), given.jsonFile);
  return sayVerdict(report.notHeld);
}

function reportOf(sizes: SizeResult[], isQuick: boolean): Report {
  const { app, throttleFactor } = settingsOf(isQuick);
  return {
    at: new Date().toISOString(),
    isQuick,
    machine: {
      processor: cpus()[0]?.model ?? '',
      cores: cpus().length,
      memoryMiB: Math.round(totalmem() / 2 ** 20),
    },
    settings: { ...app, throttleFactor },
    sizes,
    notHeld: findNotHeld(sizes),
  };
}

runProgram({ main, stop: () => left.stack?.stop() });
