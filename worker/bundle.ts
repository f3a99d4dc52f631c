import { readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

/** `node dist/worker/bundle.js` writes agent.cjs next to it: one file, all a VM needs besides Node 18 or newer. */
async function bundleAgent(): Promise<void> {
  const root = path.resolve(__dirname, '../..');
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  const result = await build({
    // From the sources: in ES modules esbuild finds what is never used.
    entryPoints: [path.join(root, 'worker/main.ts')],
    outfile: path.join(__dirname, 'agent.cjs'),
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    target: 'node18',
    mainFields: ['module', 'main'],
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    define: { 'process.env.MUSTER_AGENT_VERSION': JSON.stringify(version) },
  });
  for (const [file, { bytes }] of Object.entries(result.metafile.outputs)) {
    process.stdout.write(`${file}: ${bytes} bytes\n`);
  }
}

bundleAgent().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
