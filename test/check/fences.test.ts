import { compile, lint, makeSourceTree, type SourceTree } from './source-tree';

/** Each breaks one rule; the text after the arrow is what must be said of it. */
const inOrchestrators: [what: string, source: string, rule: string][] = [
  ['Date.now()', 'export const a = Date.now();', 'no-restricted-syntax'],
  ["Date['now']()", "export const a = Date['now']();", 'no-restricted-syntax'],
  ['globalThis', 'export const a = globalThis.Date;', 'no-restricted-globals'],
  ['new Date() of no time', 'export const a = new Date();', 'no-restricted-syntax'],
  ['Date() as text', 'export const a = Date();', 'no-restricted-syntax'],
  ['Math.random()', 'export const a = Math.random();', 'no-restricted-properties'],
  ['an async function', 'export async function a(): Promise<void> {}', 'no-restricted-syntax'],
  ['an async arrow', 'export const a = async (): Promise<number> => 1;', 'no-restricted-syntax'],
  [
    'await',
    'export const a = async (b: () => PromiseLike<number>) => { await b(); };',
    'no-restricted-syntax',
  ],
  ['Promise', 'export const a = Promise.resolve(1);', 'no-restricted-globals'],
  ['setTimeout', 'export const a = (): unknown => setTimeout(() => {}, 1);', 'no-restricted-globals'],
  ['process', 'export const a = process.env.X;', 'no-restricted-globals'],
  ['fetch', "export const a = (): unknown => fetch('http://x');", 'no-restricted-globals'],
  ['crypto', 'export const a = (): string => crypto.randomUUID();', 'no-restricted-globals'],
  ['console', "export const a = (): void => console.log('x');", 'no-restricted-globals'],
  [
    'node:fs',
    "import { readFileSync } from 'node:fs';\nexport const a = readFileSync;",
    'no-restricted-imports',
  ],
  ['fs', "import { readFileSync } from 'fs';\nexport const a = readFileSync;", 'no-restricted-imports'],
  [
    'node:crypto',
    "import { randomUUID } from 'node:crypto';\nexport const a = randomUUID;",
    'no-restricted-imports',
  ],
  [
    'an Azure SDK',
    "import { ComputeManagementClient } from '@azure/arm-compute';\nexport const a = ComputeManagementClient;",
    'no-restricted-imports',
  ],
  [
    '@azure/functions',
    "import { app } from '@azure/functions';\nexport const a = app;",
    'no-restricted-imports',
  ],
  ['import()', "export const a = (): unknown => import('./thing');", 'no-restricted-syntax'],
];

const inDecisions: [what: string, file: string, source: string, rule: string][] = [
  ['Date.now() in a plan', 'shared/domain/x/plan.ts', 'export const a = Date.now();', 'no-restricted-syntax'],
  [
    'Math.random() in a plan',
    'shared/domain/x/plan.ts',
    'export const b = Math.random();',
    'no-restricted-properties',
  ],
  ['Date.now() beside them', 'shared/domain/y.ts', 'export const a = Date.now();', 'no-restricted-syntax'],
  [
    'an Azure SDK in a function',
    'functions/y.ts',
    "import { TableClient } from '@azure/data-tables';\nexport const a = TableClient;",
    'no-restricted-imports',
  ],
  ['a default export', 'functions/z.ts', 'const a = 1;\nexport default a;', 'import-x/no-default-export'],
];

const forbidden: [from: string, to: string][] = [
  ['orchestrators', 'functions'],
  ['orchestrators', 'shared/azure'],
  ['orchestrators', 'shared/ports'],
  ['simulator', 'shared/contracts'],
  ['host', 'shared/contracts'],
  ['shared/domain', 'shared/azure'],
  ['shared/domain', 'shared/ports'],
  ['shared/contracts', 'shared/domain'],
  ['shared/durable', 'functions'],
  ['shared/ports', 'shared/azure'],
  ['worker', 'shared/domain'],
  ['client', 'shared/domain'],
];
const allowed: [from: string, to: string][] = [
  ['orchestrators', 'shared/durable'],
  ['orchestrators', 'shared/domain'],
  ['shared/domain', 'shared/contracts'],
  ['worker', 'shared/contracts'],
];

function importing(from: string, to: string): [file: string, source: string] {
  const up = '../'.repeat(from.split('/').length);
  return [`${from}/from-${to.replace('/', '-')}.ts`, `export { thing as other } from '${up}${to}/thing';\n`];
}

describe('ESLint', () => {
  const replayed = `import type { OrchestrationContext } from 'durable-functions';
export const a = (context: OrchestrationContext): number => context.df.currentUtcDateTime.getTime();
export const b = new Date('2026-01-01');
export const c = Math.max(1, 2);
`;
  let tree: SourceTree;
  let found: Awaited<ReturnType<typeof lint>>;
  beforeAll(async () => {
    tree = makeSourceTree({
      ...Object.fromEntries(
        inOrchestrators.map(([, source], index) => [`orchestrators/case-${index}.ts`, `${source}\n`]),
      ),
      ...Object.fromEntries(
        inDecisions.map(([, file]) => [
          file,
          inDecisions
            .filter((other) => other[1] === file)
            .map((other) => `${other[2]}\n`)
            .join(''),
        ]),
      ),
      ...Object.fromEntries([...forbidden, ...allowed].map(([from, to]) => importing(from, to))),
      'orchestrators/replayed.ts': replayed,
    });
    found = await lint(tree);
  }, 40_000);
  afterAll(() => tree.remove());
  const rulesFor = (file: string): string[] => found.get(file)!.map((finding) => finding.rule);

  test.each(inOrchestrators.map(([what, , rule], index) => [what, `orchestrators/case-${index}.ts`, rule]))(
    'refuses an orchestrator with %s',
    (_what, file, rule) => expect(rulesFor(file)).toContain(rule),
  );

  test('takes an orchestrator that asks its context for the time', () => {
    expect(rulesFor('orchestrators/replayed.ts')).toEqual([]);
  });

  test.each(inDecisions)('refuses %s', (_what, file, _source, rule) => {
    expect(rulesFor(file)).toContain(rule);
  });

  test.each(forbidden)('refuses that %s imports %s', (from, to) => {
    expect(rulesFor(importing(from, to)[0])).toContain('import-x/no-restricted-paths');
  });

  test.each(allowed)('lets %s import %s', (from, to) => {
    expect(rulesFor(importing(from, to)[0])).toEqual([]);
  });
});

describe('the compiler', () => {
  const builds = async (from: string, to: string): Promise<{ code: number; output: string }> => {
    const tree = makeSourceTree(Object.fromEntries([importing(from, to)]));
    try {
      return await compile(tree, from);
    } finally {
      tree.remove();
    }
  };

  test.each([
    ['orchestrators', 'functions'],
    ['simulator', 'shared/contracts'],
    ['shared/domain', 'shared/azure'],
  ])('refuses that %s imports %s', async (from, to) => {
    const { code, output } = await builds(from, to);
    expect(code).not.toBe(0);
    expect(output).toContain('TS6307');
    expect(output).toContain(`${to}/thing.ts`);
  });

  test('lets orchestrators import shared/durable', async () => {
    expect(await builds('orchestrators', 'shared/durable')).toEqual({ code: 0, output: '' });
  });
});
