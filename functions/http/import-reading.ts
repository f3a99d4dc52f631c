import {
  importedFiles,
  Manifest,
  nameKey,
  templateSchemas,
  type ImportEntry,
  type TemplateKind,
} from '../../shared/contracts';
import {
  azManagersPath,
  importedName,
  translateManifest,
  translateTemplate,
  type Translated,
} from '../../shared/domain';
import type { Problem } from '../../shared/errors';
import { problemsOf } from './problems';

/** An entry and what would be stored of it; `entry.storedAs` null: nothing. */
export interface Candidate {
  entry: ImportEntry;
  name?: string;
  value?: unknown;
}

type Where = Pick<ImportEntry, 'file' | 'entry' | 'kind'>;

/** Every entry of every file, judged; nothing is stored yet. */
export function readImport(files: Record<string, unknown>): Candidate[] {
  const names = Object.keys(files);
  const publicKeys = Object.fromEntries(
    names.filter((file) => file.endsWith('.pub')).map((file) => [file, files[file]]),
  );
  return names
    .filter((file) => !(file in publicKeys))
    .flatMap((file) => readFile(file, files[file], publicKeys));
}

function readFile(file: string, content: unknown, publicKeys: Record<string, unknown>): Candidate[] {
  const kind = Object.hasOwn(importedFiles, file) ? importedFiles[file as keyof typeof importedFiles] : null;
  const where: Where = { file, entry: null, kind };
  if (!kind) {
    const message = `is not a file of AzManagers: those are ${Object.keys(importedFiles).join(', ')} and public keys (*.pub).`;
    return [refused(where, [{ code: 'UnknownFile', message }])];
  }
  const parsed = parseText(content);
  if ('problem' in parsed) return [refused(where, [parsed.problem])];
  if (kind === 'manifest') return [readManifestFile(where, parsed.json, publicKeys)];
  if (typeof parsed.json !== 'object' || parsed.json === null || Array.isArray(parsed.json)) {
    const message = 'must be an object from template name to template.';
    return [refused(where, [{ code: 'InvalidField', message }])];
  }
  return readTemplates({ file, entry: null, kind }, parsed.json as Record<string, unknown>);
}

function parseText(content: unknown): { json: unknown } | { problem: Problem } {
  if (typeof content !== 'string') return { json: content };
  try {
    return { json: JSON.parse(content) as unknown };
  } catch (error) {
    return { problem: { code: 'InvalidJson', message: `is not JSON: ${(error as Error).message}.` } };
  }
}

function readManifestFile(where: Where, json: unknown, publicKeys: Record<string, unknown>): Candidate {
  const translated = translateManifest(json, publicKeys);
  const parsed = Manifest.safeParse(translated.value);
  if (!parsed.success) return refused(where, theirPaths(problemsOf(parsed.error)), translated);
  return taken(where, { storedAs: '/api/manifest', value: parsed.data, changes: translated.changes });
}

/** Of two whose names are one here (`a/b` and `a-b`, `cbox` and `CBOX`), the later is refused. */
function readTemplates(
  file: Where & { kind: TemplateKind },
  templates: Record<string, unknown>,
): Candidate[] {
  const bearers = new Map<string, string>();
  return Object.entries(templates).map(([entry, template]) => {
    const where = { ...file, entry };
    const name = importedName(entry);
    if (!name) {
      const message = 'holds no letter or digit that a name could be made of: rename it.';
      return refused(where, [{ code: 'InvalidName', message }]);
    }
    const bearer = bearers.get(nameKey(name));
    if (bearer !== undefined) {
      const message = `would be '${name}' here, as '${bearer}' is already: rename one of them.`;
      return refused(where, [{ code: 'NameTaken', message }]);
    }
    const candidate = readTemplate(where, name, template);
    if (candidate.entry.storedAs) bearers.set(nameKey(name), entry);
    return candidate;
  });
}

function readTemplate(
  where: Where & { kind: TemplateKind; entry: string },
  name: string,
  template: unknown,
): Candidate {
  const translated = translateTemplate(where.kind, template);
  const parsed = templateSchemas[where.kind].safeParse(translated.value);
  if (!parsed.success) return refused(where, theirPaths(problemsOf(parsed.error)), translated);
  const why = `its name here is '${name}': letters, digits, '.', '_' and '-', 54 at most`;
  const changes = [
    ...(name === where.entry ? [] : [{ change: 'renamed' as const, path: '', why }]),
    ...translated.changes,
  ];
  const storedAs = `/api/templates/${where.kind}/${name}`;
  return { ...taken(where, { storedAs, value: parsed.data, changes }), name };
}

function theirPaths(problems: Problem[]): Problem[] {
  return problems.map((problem) => ({
    ...problem,
    target: problem.target && azManagersPath(problem.target),
  }));
}

function taken(
  where: Where,
  { storedAs, value, changes }: Pick<ImportEntry, 'storedAs' | 'changes'> & { value: unknown },
): Candidate {
  const outcome = changes.length > 0 ? 'taken-with-changes' : 'taken';
  return { entry: { ...where, outcome, storedAs, changes, problems: [] }, value };
}

function refused(where: Where, problems: Problem[], translated?: Translated): Candidate {
  const changes = translated?.changes ?? [];
  return { entry: { ...where, outcome: 'refused', storedAs: null, changes, problems } };
}
