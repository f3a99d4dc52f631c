#!/usr/bin/env node
import { runCommandLine } from './command-line';

// A reader that has gone takes no more; each write sees to that itself.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const { stdin, stdout, stderr, env } = process;
void runCommandLine(process.argv.slice(2), { stdin, stdout, stderr, environment: env }).then((status) => {
  process.exitCode = status;
});
