import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

/** Bundles a program that uses the fleet, so that it can run as a process of its own. */
export function bundleProgram(folder: string, contents: string): string {
  const program = join(folder, 'simulator.cjs');
  buildSync({
    stdin: { contents, resolveDir: __dirname, loader: 'ts' },
    bundle: true,
    platform: 'node',
    outfile: program,
    logLevel: 'error',
  });
  return program;
}

/** Boots three VMs with the given user data in the folder of its first argument, and says so. */
export const threeMachines = (userData: string) => `import { openFleet, specOf } from './fleet-fixture';
console.log('ready');
openFleet({ rootFolder: process.argv[2] }).then(async ({ bootAndWait }) => {
  const machines = await Promise.all([1, 2, 3].map(() => bootAndWait(specOf(${JSON.stringify(userData)}))));
  console.log('booted ' + machines.map((machine) => machine.spec.privateIpAddress).join(' '));
});`;

export function startProgram(words: readonly string[]): { child: ChildProcess; output: () => string } {
  const [file = '', ...args] = words;
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { child, output: () => text };
}
