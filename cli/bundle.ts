import { chmodSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

/** `node dist/cli/bundle.js` writes muster.cjs next to it: the whole command line in one file, to be sent along with a job that commands. */
async function bundleCommandLine(): Promise<void> {
  const outfile = path.join(__dirname, 'muster.cjs');
  await build({
    entryPoints: [path.resolve(__dirname, '../..', 'cli/main.ts')],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    mainFields: ['module', 'main'],
    legalComments: 'none',
    logLevel: 'warning',
  });
  chmodSync(outfile, 0o755);
}

bundleCommandLine().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
