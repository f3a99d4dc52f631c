import { encodeFilePath, maxBlobNameLength } from '../../shared/contracts/blob-names';
import type { KeptOutputs } from '../../shared/contracts/files';
import { nodeFolder } from '../../shared/contracts/gangs';
import type { FileSettings } from '../../shared/contracts/worker-protocol';
import type { FileBlobs } from '../storage/file-blobs';
import type { Identity } from '../task/identity';
import { findFiles, type FoundFile } from './found-files';
import type { Gate } from './gate';
import { uploadFile } from './upload-file';

interface Place {
  parent: string;
  folder: string;
  /** Of their blobs. */
  prefix: string;
  /** Names at the top of the folder below which files of other VMs are kept. */
  reserved: ReadonlySet<string>;
}

interface Keeping {
  blobs: FileBlobs;
  gate: Gate;
  identity: Identity | undefined;
  limits: Pick<FileSettings, 'maxOutputFiles' | 'maxOutputBytes'>;
  /** Nothing is sent after it: CutOffError. */
  end: AbortSignal;
}

/** Of one task at the same time. */
const lanes = 4;
const notesKept = 5;
/** Of names that are met and are no files that count. */
const maxNotes = 100_000;

/** Brings every file of `parent`/`folder` to blobs `prefix`..., as far as the limits go. */
export async function keepOutputs(
  { parent, folder, prefix, reserved }: Place,
  { blobs, gate, identity, limits, end }: Keeping,
): Promise<KeptOutputs> {
  const kept: KeptOutputs = { files: 0, bytes: 0, notes: [], noted: 0 };
  let misplaced: string | undefined;
  const note = (name: string, why: string): void => {
    if (kept.notes.length < notesKept) kept.notes.push(`"${name.slice(0, 200)}" ${why}`);
    if (++kept.noted >= maxNotes)
      kept.exceeded ??= `they hold more than ${maxNotes} things that are no files`;
  };
  const found = findFiles(parent, folder, { identity, note });
  let failure: unknown;
  const lane = async (): Promise<void> => {
    while (failure === undefined && kept.exceeded === undefined) {
      const { value: file, done } = await found.next();
      if (done) return;
      try {
        const blob = `${prefix}${encodeFilePath(file.name)}`;
        const [top] = file.name.split('/', 1) as [string];
        if (reserved.has(top)) misplaced ??= top;
        else if (take(file, blob.length, { kept, limits, note }))
          await uploadFile(file, blob, { blobs, gate, end });
      } catch (error) {
        failure ??= error;
      } finally {
        await file.handle.close();
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: lanes }, lane));
  } finally {
    await found.return(undefined);
  }
  if (failure !== undefined) throw failure;
  if (misplaced !== undefined) kept.exceeded ??= `"${misplaced}" is for the files of another VM`;
  return kept;
}

interface Counting {
  kept: KeptOutputs;
  limits: Keeping['limits'];
  note: (name: string, why: string) => void;
}

/** Counts the file in, where it is within the limits. */
function take(file: FoundFile, nameLength: number, { kept, limits, note }: Counting): boolean {
  if (nameLength > maxBlobNameLength) {
    note(file.name, 'has too long a path');
    return false;
  }
  if (kept.files >= limits.maxOutputFiles) {
    kept.exceeded ??= `there are more than ${limits.maxOutputFiles}`;
    return false;
  }
  if (kept.bytes + file.bytes > limits.maxOutputBytes) {
    kept.exceeded ??= `they have more than ${limits.maxOutputBytes} bytes`;
    return false;
  }
  kept.files++;
  kept.bytes += file.bytes;
  return true;
}

/** Of a task of several VMs: what became of its files on the head, and on each member by its place. Undefined: it left none. */
export function keptOfAll(
  head: KeptOutputs | undefined,
  members: ReadonlyMap<number, KeptOutputs>,
): KeptOutputs | undefined {
  if (members.size === 0) return head;
  const sum: KeptOutputs = head ?? { files: 0, bytes: 0, notes: [], noted: 0 };
  return [...members].reduce((all, [index, kept]) => {
    const place = nodeFolder(index);
    const exceeded = kept.exceeded && `of ${place}, ${kept.exceeded}`;
    return {
      files: all.files + kept.files,
      bytes: all.bytes + kept.bytes,
      notes: [...all.notes, ...kept.notes.map((note) => `${place}: ${note}`)].slice(0, notesKept),
      noted: all.noted + kept.noted,
      exceeded: all.exceeded ?? exceeded,
    };
  }, sum);
}
