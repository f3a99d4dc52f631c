import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parityProblems } from './parity';
import { projectRoot } from './stack/project-root';

/** What no linter looks at: file names, and rows of docs/parity.md whose test is not there. */
const root = projectRoot();
const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
});
const files = listed.split('\n').filter((file) => file !== '' && existsSync(resolve(root, file)));

const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*\.(ts|mjs|js|cjs)$/;
const vague = /^(utils?|helpers?|misc|common)\./;

function nameProblems(file: string): string[] {
  if (!/\.(ts|mjs|js|cjs)$/.test(file)) return [];
  const name = basename(file);
  if (vague.test(name)) return [`${file}: name it for the one thing it holds`];
  return kebabCase.test(name) ? [] : [`${file}: file names are kebab-case`];
}

function machinePathProblems(file: string): string[] {
  if (!/\.(ts|mjs|js|json|md|sh)$/.test(file) || file === 'package-lock.json') return [];
  const text = readFileSync(resolve(root, file), 'utf8');
  const place = new RegExp(['/wo' + 'rk/main', '/ro' + 'ot/\\.[a-z]', '/ho' + 'me/[a-z]+/main'].join('|'));
  return place.test(text) ? [`${file}: holds a path of one machine`] : [];
}

const problems = [
  ...files.flatMap(nameProblems),
  ...files.flatMap(machinePathProblems),
  ...parityProblems(root),
];
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log(`${files.length} files: names, paths and parity rows are in order.`);
