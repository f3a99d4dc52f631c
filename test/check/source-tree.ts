import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const root = resolve(__dirname, '../..');
const folders = [
  'shared',
  'shared/contracts',
  'shared/domain',
  'shared/durable',
  'shared/ports',
  'shared/azure',
  'orchestrators',
  'functions',
  'worker',
  'client',
  'scripts',
  'host',
  'simulator',
];

/**
 * A tree of this repository's own rules (every tsconfig, the ESLint configuration) over sources of the test's choice, in a temporary
 * folder: the tree under test stays as it is, even where the test is killed.
 */
export interface SourceTree {
  folder: string;
  remove(): void;
}

/** Every folder gets a `thing.ts` to import, beside the files given. */
export function makeSourceTree(files: Record<string, string>): SourceTree {
  const folder = mkdtempSync(join(tmpdir(), 'muster-check-'));
  for (const file of ['eslint.config.mjs', 'tsconfig.base.json', 'package.json', ...folders.map(configOf)]) {
    cpSync(join(root, file), join(folder, file));
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
  const things = Object.fromEntries(folders.map((name) => [`${name}/thing.ts`, 'export const thing = 1;\n']));
  for (const [file, text] of Object.entries({ ...things, ...files })) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function configOf(name: string): string {
  return `${name}/tsconfig.json`;
}

interface Finding {
  rule: string;
  message: string;
}

/** What ESLint finds, by file; each rule once. A process of its own: its configuration is an ES module, which Jest cannot load. */
export async function lint({ folder }: SourceTree): Promise<Map<string, Finding[]>> {
  const program = join(root, 'node_modules/eslint/bin/eslint.js');
  const { stdout, stderr } = await run(program, ['--format', 'json', '.'], folder);
  let reports: { filePath: string; messages: { ruleId: string | null; message: string }[] }[];
  try {
    reports = JSON.parse(stdout) as typeof reports;
  } catch {
    throw new Error(`ESLint gave no report: ${stderr || stdout}`);
  }
  return new Map(
    reports.map(({ filePath, messages }) => [
      filePath.slice(filePath.indexOf(folder) + folder.length + 1),
      messages.map(({ ruleId, message }) => ({ rule: ruleId ?? 'parser', message })),
    ]),
  );
}

/** What the compiler says when it builds a folder with all that it refers to. */
export async function compile(
  { folder }: SourceTree,
  name: string,
): Promise<{ code: number; output: string }> {
  const { code, stdout } = await run(
    join(root, 'node_modules/typescript/bin/tsc'),
    ['--build', name],
    folder,
  );
  return { code, output: stdout };
}

function run(
  program: string,
  options: string[],
  cwd: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((done) => {
    execFile(
      process.execPath,
      [program, ...options],
      { cwd, maxBuffer: 32 * 1024 * 1024 },
      (error, stdout, stderr) => {
        done({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr });
      },
    );
  });
}
