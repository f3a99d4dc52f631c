import { z } from 'zod';
import { TemplateKind } from './templates';

/** AzManagers' own files, by their names there, and what each holds. */
export const importedFiles = {
  'manifest.json': 'manifest',
  'templates_scaleset.json': 'scale-set',
  'templates_vm.json': 'virtual-machine',
  'templates_nic.json': 'network-interface',
} as const;

/**
 * POST /api/import: the folder `.azmanagers`, by file name; each as JSON or as the file's text. A public key file (`*.pub`)
 * may come along, since the app cannot read the one that the manifest names.
 */
export const ImportRequest = z.strictObject({
  files: z
    .record(z.string().min(1).max(255), z.unknown())
    .refine((files) => Object.keys(files).length > 0, 'must hold at least one file'),
});
export type ImportRequest = z.infer<typeof ImportRequest>;

/** `path`: as the file spells it, within the entry. */
export const ImportChange = z.object({
  change: z.enum(['dropped', 'renamed', 'replaced', 'added']),
  path: z.string(),
  why: z.string(),
});
export type ImportChange = z.infer<typeof ImportChange>;

export const ImportOutcome = z.enum(['taken', 'taken-with-changes', 'refused']);
export type ImportOutcome = z.infer<typeof ImportOutcome>;

export const ImportEntry = z.object({
  file: z.string(),
  /** Its name in the file; null where the file as a whole is meant. */
  entry: z.string().nullable(),
  kind: z.union([z.literal('manifest'), TemplateKind]).nullable(),
  outcome: ImportOutcome,
  /** Where it is now; null where it was refused. */
  storedAs: z.string().nullable(),
  changes: z.array(ImportChange),
  problems: z.array(z.object({ code: z.string(), message: z.string(), target: z.string().optional() })),
});
export type ImportEntry = z.infer<typeof ImportEntry>;

export const ImportReport = z.object({
  taken: z.int(),
  takenWithChanges: z.int(),
  refused: z.int(),
  entries: z.array(ImportEntry),
});
export type ImportReport = z.infer<typeof ImportReport>;
