import type { Stats } from 'node:fs';
import { constants } from 'node:fs';
import { open, opendir, type FileHandle } from 'node:fs/promises';
import type { Identity } from '../task/identity';

/** One file below a folder, open for reading. Whoever gets it closes it. */
export interface FoundFile {
  /** Below the folder, its parts joined by "/". */
  name: string;
  handle: FileHandle;
  bytes: number;
}

/** Why something that was found is none of these files. */
export type Note = (name: string, why: string) => void;

const maxDepth = 32;
const folderFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
// Opening a pipe that nobody writes to would wait.
const fileFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Every file below a folder that a task could write, as the task's user may read them.
 * INVARIANT: no link is followed, not even one that is put in the way meanwhile: each part of a path is opened in its folder that is open,
 * by `/proc/self/fd`, which is openat(2). `parent` itself must be the agent's, or in a folder of it.
 */
export async function* findFiles(
  parent: string,
  folder: string,
  { identity, note }: { identity: Identity | undefined; note: Note },
): AsyncGenerator<FoundFile> {
  const top = await open(parent, folderFlags);
  try {
    yield* findIn(top, { own: Buffer.from(folder), name: '', depth: 0 }, { identity, note });
  } finally {
    await top.close();
  }
}

interface Place {
  /** Its own name, as its folder has it. */
  own: Buffer;
  /** From the top. */
  name: string;
  depth: number;
}

type Rules = { identity: Identity | undefined; note: Note };

async function* findIn(above: FileHandle, place: Place, rules: Rules): AsyncGenerator<FoundFile> {
  const { identity, note } = rules;
  const shown = place.name || place.own.toString();
  const folder = await openIn(above, place.own, folderFlags).catch(refused(note, shown));
  if (!folder) return;
  try {
    if (!mayUse(await folder.stat(), 0o5, identity)) return note(shown, 'may not be read by the task');
    if (place.depth > maxDepth) return note(shown, `lies more than ${maxDepth} folders deep`);
    for await (const entry of await opendir(`/proc/self/fd/${folder.fd}`, {
      encoding: 'buffer' as BufferEncoding,
      bufferSize: 256,
    })) {
      const own = entry.name as unknown as Buffer;
      const name = place.name ? `${place.name}/${own.toString()}` : own.toString();
      const inner = { own, name, depth: place.depth + 1 };
      if (!Buffer.from(own.toString()).equals(own)) note(name, 'has a name that is not UTF-8');
      else if (entry.isDirectory()) yield* findIn(folder, inner, rules);
      else if (entry.isSymbolicLink()) note(name, 'is a link');
      else if (entry.isFile()) yield* findFile(folder, inner, rules);
      else note(name, 'is neither a file nor a folder');
    }
  } finally {
    await folder.close();
  }
}

async function* findFile(above: FileHandle, place: Place, rules: Rules): AsyncGenerator<FoundFile> {
  const { name } = place;
  const { identity, note } = rules;
  const handle = await openIn(above, place.own, fileFlags).catch(refused(note, name));
  if (!handle) return;
  const stats = await handle.stat();
  const why = !stats.isFile()
    ? 'is neither a file nor a folder'
    : mayUse(stats, 0o4, identity)
      ? undefined
      : 'may not be read by the task';
  if (why === undefined) return yield { name, handle, bytes: stats.size };
  note(name, why);
  await handle.close();
}

function openIn(folder: FileHandle, own: Buffer, flags: number): Promise<FileHandle> {
  return open(Buffer.concat([Buffer.from(`/proc/self/fd/${folder.fd}/`), own]), flags);
}

/** What is gone is not told of. */
function refused(note: Note, name: string): (error: NodeJS.ErrnoException) => undefined {
  return ({ code }) => {
    if (code === 'ELOOP') note(name, 'is a link');
    // O_DIRECTORY and O_NOFOLLOW together say so of a link.
    else if (code === 'ENOTDIR') note(name, 'is no folder');
    else if (code === 'EACCES') note(name, 'may not be read by the task');
    else if (code !== 'ENOENT') note(name, `cannot be read (${code})`);
    return undefined;
  };
}

/**
 * Whether the task itself may read (4), or read and enter (5), what root has opened for it: a hard link to somebody else's file may lie in
 * its folder.
 */
export function mayUse(
  { uid, gid, mode }: Pick<Stats, 'uid' | 'gid' | 'mode'>,
  bits: number,
  identity: Pick<Identity, 'uid' | 'gid'> | undefined,
): boolean {
  if (!identity || uid === identity.uid) return true;
  const granted = gid === identity.gid ? mode >> 3 : mode;
  return (granted & bits) === bits;
}
