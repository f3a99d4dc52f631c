import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parityProblems, readParity } from '../../scripts/parity';
import { projectRoot } from '../../scripts/stack/project-root';

/** Rows of `reference/azmanagers.md` that concern clusters, by their numbers there. */
const features = {
  MAN: 4,
  TPL: 6,
  CLU: 29,
  REG: 11,
  CIN: 9,
  ENV: 3,
  QUO: 2,
  HW: 4,
  NET: 1,
  DSK: 2,
  IDN: 1,
  TAG: 1,
};
const faults = { R: 28, W: 9 };
/** Of jobs and detached VMs alone. */
const elsewhere = ['R-25', 'R-26', 'W-6'];

const idsOf = (counts: Record<string, number>): string[] =>
  Object.entries(counts).flatMap(([name, count]) =>
    Array.from({ length: count }, (_, index) => `${name}-${index + 1}`),
  );

describe('docs/parity.md', () => {
  const text = readFileSync(join(projectRoot(), 'docs', 'parity.md'), 'utf8');
  const rows = readParity(text);

  test('has every row about clusters', () => {
    const present = new Set(rows.flatMap((row) => row.ids));
    const wanted = idsOf({ ...features, ...faults }).filter((id) => !elsewhere.includes(id));
    expect(wanted.filter((id) => !present.has(id))).toEqual([]);
  });

  test('has each row once, and a live test for each', () => {
    const ids = rows.flatMap((row) => row.ids);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    expect(parityProblems(projectRoot())).toEqual([]);
  });
});

describe('a row', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'muster-parity-'));
    mkdirSync(join(root, 'docs'));
    mkdirSync(join(root, 'test'));
    writeFileSync(join(root, 'test/a.test.ts'), "test('shows it', () => {});");
    writeFileSync(join(root, 'test/off.test.ts'), "test.skip('shows it', () => {});");
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  test.each([
    ['with its test', '`test/a.test.ts` › “shows it”', []],
    ['with a whole file', '`test/a.test.ts`', []],
    ['without a test', 'later', ['has no test']],
    ['whose file is not there', '`test/b.test.ts`', ['test/b.test.ts does not exist']],
    ['whose sentence is not there', '`test/a.test.ts` › “shows more”', ['has no test “shows more”']],
    [
      'of whose two sentences one is not there',
      '`test/a.test.ts` › “shows it”; “shows more”',
      ['“shows more”'],
    ],
    ['whose test is switched off', '`test/off.test.ts` › “shows it”', ['switched off']],
  ])('%s has these problems', (_what, test, problems) => {
    writeFileSync(
      join(root, 'docs/parity.md'),
      `| row | in Muster | test |\n| --- | --- | --- |\n| CLU-1 | so | ${test} |\n`,
    );
    expect(parityProblems(root)).toEqual(problems.map((problem) => expect.stringContaining(problem)));
  });
});
