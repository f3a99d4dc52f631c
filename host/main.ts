import { readArguments } from './arguments';
import { openEngine, systemClock } from './engine';
import { messageOf } from './functions/problems';
import { startHost } from './host';
import type { RunningHost } from './options';
import { takeStdout } from './stdout';
import { silenceSqliteWarning } from './warnings';

const drainMs = 10_000;

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function main(): Promise<void> {
  silenceSqliteWarning();
  const given = readArguments(process.argv.slice(2));
  const writeLog = given.quiet ? () => undefined : (text: string) => void process.stderr.write(text);
  const printReady = takeStdout(writeLog);
  const host = await startHost({
    appDirectory: given.appDirectory,
    stateDirectory: given.stateDirectory,
    port: given.port,
    key: given.key,
    control: given.control,
    writeLog,
    systemClock,
    openEngine,
  });
  stopOnSignals(host);
  if (!given.quiet) {
    announce(host, given.stateDirectory);
  }
  const { url, masterKey, functions } = host;
  printReady(`${JSON.stringify({ ready: true, url, masterKey, functions })}\n`);
}

function announce(host: RunningHost, stateDirectory: string): void {
  say(`Muster's embedded Functions host serves this one machine only, at ${host.url}.`);
  say('For more than one machine run the same app on Azure Functions.');
  say(`State and keys: ${stateDirectory}`);
  for (const { name, trigger, methods, url } of host.functions) {
    say(url ? `  ${name}: [${methods?.join(',')}] ${url}` : `  ${name}: ${trigger}`);
  }
}

/** The first signal drains; a second one does not wait. */
function stopOnSignals(host: RunningHost): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) {
      process.exit(1);
    }
    stopping = true;
    say(
      `${signal}: waiting at most ${drainMs / 1000} s for running functions. Send it again to stop at once.`,
    );
    host.stop(drainMs).then(
      () => process.exit(0),
      (error: unknown) => {
        say(`The host did not stop cleanly: ${messageOf(error)}`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

main().catch((error: unknown) => {
  say(messageOf(error));
  process.exit(1);
});
