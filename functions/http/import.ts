import {
  importedFiles,
  ImportRequest,
  nameKey,
  type ImportEntry,
  type ImportReport,
  type Manifest,
  type TemplateKind,
} from '../../shared/contracts';
import type { App } from '../app';
import { readImport, type Candidate } from './import-reading';
import { readManifest } from './manifest';
import { parseBody, type Route } from './route';
import type { TemplateRow } from './templates';

/** AzManagers' folder in one call. Each entry is stored whole or not at all; what became of each is the answer. */
export function importRoutes(app: App): Route[] {
  return [
    {
      name: 'importAzManagers',
      method: 'POST',
      path: 'import',
      handle: async ({ request }) => {
        const { files } = await parseBody(request, ImportRequest);
        const candidates = readImport(files);
        const entries = [...candidates.map(({ entry }) => entry), ...(await store(app, candidates))];
        return { jsonBody: reportOf(entries) };
      },
    },
  ];
}

/** Answers what had to be added: the interface template `default`. */
async function store(app: App, candidates: Candidate[]): Promise<ImportEntry[]> {
  const manifest = candidates.find(({ entry }) => entry.kind === 'manifest' && entry.storedAs);
  if (manifest) await storeManifest(app, manifest.value as Manifest);
  const kinds = Object.values(importedFiles).filter((kind) => kind !== 'manifest');
  const added = await defaultInterface(app, candidates);
  const all = added ? [...candidates, added] : candidates;
  for (const kind of kinds) await storeTemplates(app, kind, all);
  return added ? [added.entry] : [];
}

/** Keys that were there stay where none came along. */
async function storeManifest(app: App, imported: Manifest): Promise<void> {
  const kept = imported.sshPublicKeys.length > 0 ? undefined : await readManifest(app);
  const value = { ...imported, sshPublicKeys: kept?.sshPublicKeys ?? imported.sshPublicKeys };
  await app.records.put('settings', { partition: 'manifest', key: 'default', value });
}

async function storeTemplates(app: App, kind: TemplateKind, candidates: Candidate[]): Promise<void> {
  const updatedAt = new Date(app.clock.now()).toISOString();
  const rows = candidates.flatMap(({ entry, name, value }) => {
    if (entry.kind !== kind || !entry.storedAs || !name) return [];
    const row: TemplateRow = { name, updatedAt, template: value as TemplateRow['template'] };
    return [{ key: nameKey(name), value: row }];
  });
  if (rows.length > 0) await app.records.putMany('templates', kind, rows);
}

/**
 * A virtual machine that names no interface template has the one called `default`; AzManagers takes whichever comes first in the
 * file. The rule: one that is called so, here or in the file, stays it; else the first of the file by name is stored under that
 * name, too.
 */
async function defaultInterface(app: App, candidates: Candidate[]): Promise<Candidate | undefined> {
  const kind = 'network-interface';
  const taken = candidates.filter(({ entry, name }) => entry.kind === kind && entry.storedAs && name);
  const first = [...taken].sort((a, b) => compare(a.name ?? '', b.name ?? ''))[0];
  if (!first || taken.some(({ name }) => nameKey(name ?? '') === 'default')) return undefined;
  if (await app.records.get<TemplateRow>('templates', kind, 'default')) return undefined;
  const why = `a virtual machine that names no interface template uses 'default'; of ${taken.length} in the file, '${first.name}' is the first by name`;
  const entry: ImportEntry = {
    ...first.entry,
    outcome: 'taken-with-changes',
    storedAs: `/api/templates/${kind}/default`,
    changes: [{ change: 'added', path: '', why }],
  };
  return { entry, name: 'default', value: first.value };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function reportOf(entries: ImportEntry[]): ImportReport {
  const count = (outcome: ImportEntry['outcome']): number =>
    entries.filter((entry) => entry.outcome === outcome).length;
  return {
    taken: count('taken'),
    takenWithChanges: count('taken-with-changes'),
    refused: count('refused'),
    entries,
  };
}
