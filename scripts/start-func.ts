import { spawn, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { localSettings } from './local-azure/templates';
import { projectRoot } from './stack/project-root';
import { startAzure, stopStack } from './stack/stack';

/** The same build on Microsoft's own Functions host, beside the same storage and simulated Azure. Needs Core Tools (`func`). */
async function main(): Promise<void> {
  if (spawnSync('func', ['--version']).status !== 0) {
    throw new Error(
      'Azure Functions Core Tools (`func`) are not on the PATH: install azure-functions-core-tools 4 and try again.',
    );
  }
  const stateFolder = resolve('.muster-func');
  const azure = await startAzure({ stateFolder, settings: localSettings });
  const port = String(azure.hostPort);
  const environment = {
    ...process.env,
    ...azure.settings,
    FUNCTIONS_WORKER_RUNTIME: 'node',
    MUSTER_PUBLIC_URL: `http://127.0.0.1:${port}`,
  };
  const host = spawn('func', ['start', '--port', port], {
    cwd: projectRoot(),
    stdio: 'inherit',
    env: environment,
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => host.kill(signal));
  process.exitCode = await new Promise<number>((ended) => host.once('exit', (code) => ended(code ?? 1)));
  await stopStack(stateFolder);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
