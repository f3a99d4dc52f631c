import { z } from 'zod';
import { outputsFolder } from './task-folders';

export const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256: 64 lower-case hexadecimal digits');

/** Of one content. */
export const maxContentBytes = 100 * 2 ** 30;
export const maxInputs = 100;
const maxPathBytes = 512;

/** Why a path is none below a task's working folder that an input may take; undefined where it is one. */
export function inputPathProblem(path: string): string | undefined {
  const parts = path.split('/');
  if (Buffer.byteLength(path) > maxPathBytes) return `must be at most ${maxPathBytes} bytes`;
  if (hasControlCharacter(path)) return 'must not contain control characters';
  if (path.startsWith('/')) return 'must be relative to the working folder';
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    return 'must be made of names with single "/" between them, none of them "." or ".."';
  if (parts[0] === outputsFolder)
    return `must not lie in "${outputsFolder}": a task's output files lie there`;
  return undefined;
}

export function hasControlCharacter(text: string): boolean {
  return /[\u0000-\u001f\u007f]/.test(text);
}

const InputPath = z.string().superRefine((path, issues) => {
  const message = inputPathProblem(path);
  if (message) issues.addIssue({ code: 'custom', message });
});

/** A content as one file. */
export const FileInput = z.strictObject({
  kind: z.literal('file'),
  sha256: Sha256,
  path: InputPath,
  executable: z.boolean().default(false),
});

/** A content that is a folder, as tar and gzip; unpacked at `path`, files with the modes that they were packed with. */
export const FolderInput = z.strictObject({
  kind: z.literal('folder'),
  sha256: Sha256,
  path: z.union([z.literal('.'), InputPath]).default('.'),
});

/** What each task of a job finds below its working folder. */
export const Input = z.discriminatedUnion('kind', [FileInput, FolderInput]);
export type Input = z.infer<typeof Input>;

export const Inputs = z
  .array(Input)
  .max(maxInputs)
  .superRefine((inputs, issues) => {
    const files = inputs.map(({ kind, path }) => (kind === 'file' ? path : undefined));
    for (const [index, path] of files.entries()) {
      if (path !== undefined && files.indexOf(path) < index)
        issues.addIssue({ code: 'custom', path: [index, 'path'], message: 'is taken by another input' });
    }
  });

/** With its size, as workers read it. */
const bytes = z.int().min(0);
export const SpecifiedInput = z.discriminatedUnion('kind', [
  FileInput.extend({ bytes }),
  FolderInput.extend({ bytes }),
]);
export type SpecifiedInput = z.infer<typeof SpecifiedInput>;

/** POST /api/contents. */
export const ContentRequest = z.strictObject({ sha256: Sha256, bytes: bytes.max(maxContentBytes) });
export type ContentRequest = z.infer<typeof ContentRequest>;

/** Where bytes are sent to: by one PUT with these headers, or in blocks as Azure's `Put Block` has it. The URL is a secret. */
export const Upload = z.object({
  url: z.string(),
  method: z.literal('PUT'),
  headers: z.record(z.string(), z.string()),
  expiresAt: z.string(),
});
export type Upload = z.infer<typeof Upload>;

/** `present`: it is there already. `wanted`: send it to `upload`. */
export const ContentAnswer = z.object({
  sha256: z.string(),
  bytes: z.int(),
  state: z.enum(['present', 'wanted']),
  upload: Upload.nullable(),
});
export type ContentAnswer = z.infer<typeof ContentAnswer>;

/** GET /api/contents/{sha256}. */
export const ContentView = z.object({ sha256: z.string(), bytes: z.int(), lastModified: z.string() });
export type ContentView = z.infer<typeof ContentView>;

/** One file that a task has left. */
export const OutputFileView = z.object({ name: z.string(), bytes: z.int(), lastModified: z.string() });
export type OutputFileView = z.infer<typeof OutputFileView>;

/** GET /api/jobs/{id}/tasks/{task}/outputs/{path}?link=true: where it is read until then, without a key. A secret. */
export const OutputFileLink = OutputFileView.extend({ url: z.string(), expiresAt: z.string() });
export type OutputFileLink = z.infer<typeof OutputFileLink>;

/** GET /api/jobs/{id}/tasks/{task}/outputs: of the attempt that counts, or of the one that `attempt` names. */
export const OutputFileList = z.object({
  attemptId: z.string().nullable(),
  value: z.array(OutputFileView),
  nextLink: z.string().optional(),
});
export type OutputFileList = z.infer<typeof OutputFileList>;

/** What became of the files that a task has left on a VM. */
export const KeptOutputs = z.object({
  files: z.int(),
  bytes: z.int(),
  /** What was not kept, and why; a few of many. */
  notes: z.array(z.string()),
  /** Notes there would have been. */
  noted: z.int(),
  /** The limit that was passed. */
  exceeded: z.string().optional(),
});
export type KeptOutputs = z.infer<typeof KeptOutputs>;
