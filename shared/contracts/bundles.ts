import { z } from 'zod';
import { hasControlCharacter, Sha256 } from './files';
import { variablesFileName } from './task-folders';

/** Variables and files together. */
export const maxBundleBytes = 2 ** 30;
export const maxBundleFiles = 1000;
export const maxBundleVariables = 1000;
/** How long anything may ask to be kept. */
export const maxKeepMs = 10 * 365 * 86_400_000;

const noControl = (text: string): boolean => !hasControlCharacter(text);
const said = 'must not contain control characters';

export const VariableName = z.string().min(1).max(256).refine(noControl, said);

export const BundleFileName = z
  .string()
  .min(1)
  .max(200)
  .refine(noControl, said)
  .refine((name) => !/[/\\]/.test(name), 'must be a plain name, without "/" and "\\"')
  .refine((name) => name !== '.' && name !== '..', 'must be a name')
  .refine(
    (name) => name !== variablesFileName,
    `must not be "${variablesFileName}": the variables lie there`,
  );

/** Bytes that were sent before (POST /api/contents), or short ones here. */
export const BundleFile = z.union([
  z.strictObject({ name: BundleFileName, sha256: Sha256 }),
  z.strictObject({ name: BundleFileName, base64: z.base64() }),
]);

/** PUT /api/bundles/{id}: named JSON values, and files. */
export const BundleRequest = z.strictObject({
  variables: z
    .record(VariableName, z.unknown())
    .refine((all) => Object.keys(all).length <= maxBundleVariables, `must be at most ${maxBundleVariables}`)
    .default({}),
  files: z
    .array(BundleFile)
    .max(maxBundleFiles)
    .superRefine((files, issues) => {
      const names = files.map(({ name }) => name);
      for (const [index, name] of names.entries()) {
        if (names.indexOf(name) < index)
          issues.addIssue({ code: 'custom', path: [index, 'name'], message: 'is taken by another file' });
      }
    })
    .default([]),
  /** It is deleted so long after this; null or absent: never. Jobs have copies of their own. */
  keepMs: z.int().min(60_000).max(maxKeepMs).nullable().optional(),
});
export type BundleRequest = z.infer<typeof BundleRequest>;

const Named = z.object({ name: z.string(), bytes: z.int() });

/** GET /api/bundles/{id}: what it holds, never the values. `bytes` of a variable: of its JSON. */
export const BundleView = z.object({
  id: z.string(),
  bytes: z.int(),
  variables: z.array(Named),
  files: z.array(Named),
  updatedAt: z.string(),
  /** When it is deleted; null: not by itself. */
  expiresAt: z.string().nullable(),
});
export type BundleView = z.infer<typeof BundleView>;

/** A bundle as it is kept; its values lie here and nowhere else. */
export const BundleDocument = z.object({
  id: z.string(),
  variables: z.record(z.string(), z.unknown()),
  files: z.array(Named.extend({ sha256: z.string() })),
  updatedAt: z.string(),
  expiresAt: z.string().nullable().default(null),
});
export type BundleDocument = z.infer<typeof BundleDocument>;

/** A job's copy of one, as workers read it: what there is to fetch. */
export const SpecifiedBundle = z.strictObject({
  files: z.array(z.strictObject({ name: BundleFileName, sha256: Sha256, bytes: z.int().min(0) })),
});
export type SpecifiedBundle = z.infer<typeof SpecifiedBundle>;

/** Of a variable with such a name, and a string, number or boolean for its value, the task's environment has `MUSTER_VAR_{name}`. */
export const variablePrefix = 'MUSTER_VAR_';
const maxEnvironmentValueBytes = 32_768;

/** What of a bundle's variables a task finds in its environment; all of them are in `variables.json`. */
export function environmentOfVariables(variables: Record<string, unknown>): Record<string, string> {
  const pairs = Object.entries(variables).flatMap(([name, value]) => {
    if (!/^[A-Za-z0-9_]{1,256}$/.test(name)) return [];
    if (!['string', 'number', 'boolean'].includes(typeof value)) return [];
    const text = String(value);
    const isFit = !text.includes('\0') && Buffer.byteLength(text) <= maxEnvironmentValueBytes;
    return isFit ? [[`${variablePrefix}${name}`, text] as const] : [];
  });
  return Object.fromEntries(pairs);
}
