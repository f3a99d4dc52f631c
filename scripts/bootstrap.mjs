// The one door to every npm script. Uses Node's built-ins alone and runs on Node 20: it installs what is missing, builds what is
// stale, then runs the command on the project's own Node 22.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installSystemPackages } from './system-packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const bin = join(modules, '.bin');
const node = join(bin, 'node');
const stamp = join(modules, '.muster-installed');

const product = ['functions', 'host', 'simulator', 'worker', 'cli', 'scripts'];

/** Each command: what it needs of Debian, what is built for it, and what runs then, with the arguments of the command line. */
const commands = {
  build: { run: [] },
  demo: { projects: product, run: [['node', 'dist/scripts/demo.js']] },
  'demo:elastic': { projects: product, run: [['node', 'dist/scripts/demo-elastic.js']] },
  start: { projects: product, run: [['node', 'dist/scripts/start.js']] },
  test: {
    systemPackages: ['cloud-init', 'dask-scheduler', 'python3-venv', 'mpiexec', 'mpicc', 'gcc'],
    run: [['jest', '--silent']],
  },
  check: {
    run: [
      ['eslint', '--max-warnings', '0', '.'],
      ['prettier', '--check', '--log-level', 'warn', '.'],
      ['node', 'dist/scripts/check-sources.js'],
    ],
  },
  'test:crash': { run: [['node', 'dist/test/host/durable/crash/main.js']] },
  'test:faults': { run: [['node', 'dist/test/faults/main.js']] },
  'bench:scale-sets': { run: [['node', 'dist/bench/scale-sets/main.js']] },
  'bench:jobs': { run: [['node', 'dist/bench/jobs/main.js']] },
  'bench:host': { run: [['node', 'dist/bench/host/main.js']] },
  'start:func': { projects: product, run: [['node', 'dist/scripts/start-func.js']] },
};

const [name, ...rest] = process.argv.slice(2);
const command = commands[name];
if (!command) fail(`unknown command '${name}': one of ${Object.keys(commands).join(', ')}`);

const wanting = installSystemPackages(command.systemPackages ?? [], say);
if (wanting) fail(wanting);
await install();
await build();
for (const [index, [program, ...fixed]] of command.run.entries()) {
  const isLast = index === command.run.length - 1;
  await run(program, [...fixed, ...(isLast ? rest : [])]);
}

/**
 * Installs what package-lock.json says, once per lock file. Not `npm ci`: it refuses a lock file that was written against a
 * registry without the optional packages of other platforms.
 */
async function install() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(node) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say('installing packages (once)');
  await run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel', 'error'], {
    isInstall: true,
  });
  writeFileSync(stamp, wanted);
}

async function build() {
  await run('node', [join(modules, 'typescript', 'bin', 'tsc'), '--build', ...(command.projects ?? [])]);
  for (const part of ['worker', 'cli']) await run('node', [join(root, 'dist', part, 'bundle.js')]);
}

/** Runs to the end; signals go on to what runs, so that it can stop what it started. */
async function run(program, args, { isInstall = false } = {}) {
  const path = isInstall ? process.env.PATH : `${bin}:${process.env.PATH}`;
  const file = !isInstall && existsSync(join(bin, program)) ? join(bin, program) : program;
  const child = spawn(file, args, { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: path } });
  const forward = (signal) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, forward);
  const status = await new Promise((ended) => {
    child.once('error', (error) => fail(`${program}: ${error.message}`));
    child.once('exit', (code, signal) => ended(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, forward);
  if (status !== 0) process.exit(status);
}

function say(text) {
  process.stderr.write(`muster: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(2);
}
