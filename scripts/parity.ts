import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** One row of docs/parity.md. */
export interface ParityRow {
  /** `CLU-14`, ...: ranges spelled out. */
  ids: string[];
  /** `title` absent: the whole file. */
  tests: { file: string; title?: string }[];
}

/** The rows of its tables. */
export function readParity(text: string): ParityRow[] {
  const lines = text.split('\n').filter((line) => /^\| [A-Z]+-\d/.test(line));
  return lines.map((line) => {
    const [, ids = '', , tests = ''] = line.split('|');
    const found = [...tests.matchAll(/`(test\/[^`]+\.test\.ts)`|“([^”]+)”/g)];
    return { ids: idsOf(ids), tests: testsOf(found.map(([, file, title]) => ({ file, title }))) };
  });
}

function idsOf(cell: string): string[] {
  return cell.split(',').map((id) => id.trim());
}

/** A title belongs to the file named before it. */
function testsOf(words: { file?: string; title?: string }[]): ParityRow['tests'] {
  const tests: ParityRow['tests'] = [];
  let file = '';
  for (const word of words) {
    if (word.file) tests.push({ file: (file = word.file) });
    else if (tests.at(-1)?.title === undefined) tests[tests.length - 1] = { file, title: word.title };
    else tests.push({ file, title: word.title });
  }
  return tests;
}

/** What is wrong with the table: rows without a test, tests that are not there or are switched off. */
export function parityProblems(root: string): string[] {
  const rows = readParity(readFileSync(resolve(root, 'docs/parity.md'), 'utf8'));
  return rows.flatMap(({ ids, tests }) => {
    const name = `docs/parity.md: ${ids.join(', ')}`;
    if (tests.length === 0) return [`${name} has no test`];
    return tests.flatMap((test) => problemOf(root, test).map((problem) => `${name}: ${problem}`));
  });
}

function problemOf(root: string, { file, title }: ParityRow['tests'][number]): string[] {
  const path = resolve(root, file);
  if (!existsSync(path)) return [`${file} does not exist`];
  const text = readFileSync(path, 'utf8');
  if (/\b(x(it|test|describe)|(it|test|describe)\.(skip|todo))\b/.test(text))
    return [`${file} has tests that are switched off`];
  return title === undefined || text.includes(title) ? [] : [`${file} has no test “${title}”`];
}
