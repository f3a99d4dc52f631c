import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

interface Bench {
  /** Answers the exit status. What it keeps goes to `folder`, which is removed afterwards. */
  main(folder: string): Promise<number>;
  /** Ends what must not outlive the program, which a signal has cut short. */
  stop(): unknown;
}

/** Runs a bench as a program: exits with its status, with 2 and the message where it fails, with 130 after a signal. */
export function runProgram({ main, stop }: Bench): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'muster-bench-'));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  const end = (signal: NodeJS.Signals): void => {
    say(`${signal}: stopping.`);
    void Promise.resolve(stop()).finally(() => {
      removeFolder();
      process.exit(130);
    });
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  main(folder)
    .then(
      (status) => (process.exitCode = status),
      (error: unknown) => {
        say(error instanceof Error ? error.message : String(error));
        process.exitCode = 2;
      },
    )
    .finally(removeFolder);
}

export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** The report as a table, and as a JSON document: to its file, or after the table. */
export function printReport(report: object, table: string, jsonFile: string | undefined): void {
  const json = JSON.stringify(report, null, 2);
  process.stdout.write(`${table}\n`);
  if (jsonFile === undefined) process.stdout.write(`\n${json}\n`);
  else writeFileSync(jsonFile, `${json}\n`);
}

/** Says what is not held; answers the exit status. */
export function sayVerdict(notHeld: readonly string[]): number {
  for (const sentence of notHeld) say(`Not held: ${sentence}`);
  if (notHeld.length === 0) say('Held: every number.');
  return notHeld.length === 0 ? 0 : 1;
}

/** Reads arguments; what is wrong with them is told with how the program is called. */
export function orUsage<Arguments>(usage: string, read: () => Arguments): Arguments {
  try {
    return read();
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}
