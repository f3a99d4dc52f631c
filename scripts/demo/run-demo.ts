import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { localSettings } from '../local-azure/templates';
import { startStack, type Stack } from '../stack/stack';
import { createReport, type Report } from './report';

/** Every claim a demo makes is checked; one that is not true ends it with exit status 1. */
export function check(claim: string, isTrue: boolean): void {
  if (!isTrue) throw new Error(`Not true: ${claim}.`);
}

/**
 * Runs a demo on a stack of its own, and leaves nothing running. `--record FILE` on the command line: every exchange with the
 * resource manager goes there.
 */
export async function runDemo(show: (stack: Stack, report: Report) => Promise<void>): Promise<void> {
  const { values } = parseArgs({ options: { record: { type: 'string' } } });
  const report = createReport();
  const stateFolder = mkdtempSync(join(tmpdir(), 'muster-demo-'));
  report.step('Starting the functions host, storage and the simulated Azure');
  const stack = await startStack({
    stateFolder,
    settings: localSettings,
    hasControl: true,
    recordFile: values.record,
  });
  let isTrue = false;
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    // Its processes are groups of their own: nobody else would end them.
    process.on(signal, () => void stack.stop().finally(() => process.exit(status)));
  }
  try {
    report.line(`control plane ${stack.url}, Azure ${stack.simulator.url}`);
    await show(stack, report);
    isTrue = true;
  } finally {
    await stack.stop();
    if (isTrue) rmSync(stateFolder, { recursive: true, force: true });
    else process.stderr.write(`The logs are in ${stateFolder}.\n`);
  }
  report.step('All of it was true.');
}

/** The end of every demo: the simulated Azure holds nothing that costs money. */
export async function countWhatIsLeft(stack: Stack, report: Report): Promise<void> {
  const response = await fetch(new URL('/control/resources', stack.simulator.url));
  const left = (await response.json()) as { billable: unknown[]; machines: unknown[] };
  const count = left.billable.length + left.machines.length;
  report.step(`What is left in the simulated Azure: ${count} billable resources and machines`);
  check('nothing is left', count === 0);
}

/** The last words of a demo that failed. */
export function fail(error: unknown): void {
  process.stderr.write(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
