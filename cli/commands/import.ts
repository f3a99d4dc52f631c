import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { importedFiles } from '../../shared/contracts';
import { optional } from '../arguments/options';
import { text } from '../arguments/values';
import { defineCommand } from '../command';
import { exitCodes, Misuse } from '../exit-codes';
import { readText } from '../request-file';
import { importColumns } from './columns';

const known = Object.keys(importedFiles);

export const importFolder = defineCommand({
  noun: 'import',
  summary: 'takes over the manifest and the templates of AzManagers, and tells what became of each',
  description:
    'Each is taken whole, with the changes that are told (--output json says why of each), or refused with what is wrong; what is here under\nits name is replaced. Of ssh keys the public one that the manifest names goes along, never the private one.',
  positionals: { folder: optional(text('FOLDER'), "AzManagers' own (~/.azmanagers)") },
  options: {},
  exitCodes: [[exitCodes.failed, 'some were refused; the others are taken']],
  async run({ positionals: { folder = join(homedir(), '.azmanagers') } }, { muster, output }) {
    const report = await muster.client.importAzManagers(filesOf(folder));
    if (output.format === 'json') await output.json(report);
    else await output.list(report.entries, importColumns);
    return report.refused > 0 ? exitCodes.failed : exitCodes.done;
  },
});

/** By their names: AzManagers' own, public keys beside them, and the key that the manifest names. */
function filesOf(folder: string): Record<string, string> {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new Misuse([
      `${folder} is no folder: give the one that AzManagers writes its manifest and templates to`,
    ]);
  const names = readdirSync(folder).filter((name) => known.includes(name) || name.endsWith('.pub'));
  if (!names.some((name) => known.includes(name)))
    throw new Misuse([`${folder} holds none of AzManagers' files (${known.join(', ')})`]);
  const files = Object.fromEntries(names.map((name) => [name, readText(join(folder, name))]));
  const key = publicKeyOf(files['manifest.json']);
  return key && existsSync(key) ? { ...files, [basename(key)]: readFileSync(key, 'utf8') } : files;
}

/** A manifest that is none is told of by the control plane. */
function publicKeyOf(manifest: string | undefined): string | undefined {
  try {
    const { ssh_public_key_file: file } = JSON.parse(manifest ?? '{}') as { ssh_public_key_file?: unknown };
    return typeof file === 'string' && file.endsWith('.pub')
      ? resolve(file.replace(/^~(?=\/)/, homedir()))
      : undefined;
  } catch {
    return undefined;
  }
}
