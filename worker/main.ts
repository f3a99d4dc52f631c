import './node-18';
import { parseArgs } from 'node:util';
import { createLog, describeError } from './log';
import { Lifecycle } from './lifecycle';

const exitMisuse = 2;
const usage = 'usage: agent.cjs run --config FILE | agent.cjs --version';
/** Ended by the agent that started it. */
const untilLost = new Promise<number>(() => undefined);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { config: { type: 'string' }, version: { type: 'boolean' } },
  });
  if (values.version) {
    process.stdout.write(`muster-agent ${process.env.MUSTER_AGENT_VERSION ?? 'unbundled'}\n`);
    return 0;
  }
  if (positionals.join(' ') === 'launch' && process.send) {
    const { runLauncher } = await import('./launcher/process.js');
    runLauncher();
    return untilLost;
  }
  if (positionals.join(' ') !== 'run' || values.config === undefined) throw new TypeError(usage);
  const log = createLog((line) => process.stderr.write(line));
  const lifecycle = new Lifecycle(log);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => lifecycle.onSignal(signal));
  // Loaded late: `--version` does without the storage SDK.
  const { runAgent } = await import('./agent.js');
  try {
    return await runAgent(values.config, lifecycle, log);
  } catch (error) {
    log('error', 'failed', describeError(error));
    return 1;
  }
}

main().then(
  (exitCode) => process.exit(exitCode),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(exitMisuse);
  },
);
