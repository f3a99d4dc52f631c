// The one door to every npm script. Uses Node's built-ins alone and runs on Node 20: it installs what is missing, builds what is
// stale, then runs the command on the project's own Node 22.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const bin = join(modules, '.bin');
const node = join(bin, 'node');
const stamp = join(modules, '.muster-installed');

/** Each command: what runs after installation and build, with the arguments given on the command line. */
const commands = {
  build: { run: [] },
  demo: { run: [['node', 'dist/scripts/demo.js']] },
  start: { run: [['node', 'dist/scripts/start.js']] },
  test: { run: [['jest', '--silent']] },
  check: {
    run: [
      ['eslint', '--max-warnings', '0', '.'],
      ['prettier', '--check', '--log-level', 'warn', '.'],
      ['node', 'dist/scripts/check-sources.js'],
    ],
  },
  'test:crash': { run: [['node', 'dist/test/host/durable/crash/main.js']] },
  'bench:host': { run: [['node', 'dist/bench/host/main.js']] },
  'start:func': { run: [['node', 'dist/scripts/start-func.js']] },
};

const [name, ...rest] = process.argv.slice(2);
const command = commands[name];
if (!command) fail(`unknown command '${name}': one of ${Object.keys(commands).join(', ')}`);

install();
build();
for (const [index, [program, ...fixed]] of command.run.entries()) {
  const isLast = index === command.run.length - 1;
  run(program, [...fixed, ...(isLast ? rest : [])]);
}

/** Installs exactly what package-lock.json says, once per lock file. */
function install() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(node) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say('installing packages (once)');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel', 'error'], { isInstall: true });
  writeFileSync(stamp, wanted);
}

function build() {
  run('node', [join(modules, 'typescript', 'bin', 'tsc'), '--build']);
  run('node', [join(root, 'dist', 'worker', 'bundle.js')]);
}

function run(program, args, { isInstall = false } = {}) {
  const path = isInstall ? process.env.PATH : `${bin}:${process.env.PATH}`;
  const file = !isInstall && existsSync(join(bin, program)) ? join(bin, program) : program;
  const result = spawnSync(file, args, { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: path } });
  if (result.error) fail(`${program}: ${result.error.message}`);
  if (result.status !== 0) process.exit(result.status ?? 1);
}

function say(text) {
  process.stderr.write(`muster: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(2);
}
