import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { create } from 'tar';
import type { z } from 'zod';
import type { Input } from '../shared/contracts';
import type { MusterClient } from '../client';
import { Misuse } from './exit-codes';

/**
 * Sends a file or a folder along: `PATH`, or `PATH=TARGET` with the place below the task's working folder (a file lies there under its own
 * name where absent, a folder in one of its name; `.` is the working folder itself). What is there already is not sent again.
 */
export async function sendInput(client: MusterClient, given: string): Promise<z.input<typeof Input>> {
  const at = given.lastIndexOf('=');
  const local = at < 1 ? given : given.slice(0, at);
  const path = at < 1 ? basename(resolve(local)) : given.slice(at + 1);
  const found = await stat(local).catch(() => {
    throw new Misuse([`--input ${local} is not there: give a file or a folder`]);
  });
  if (found.isDirectory()) return { kind: 'folder', path, sha256: await sendFolder(client, local) };
  const { sha256 } = await client.putContent({ file: local });
  return { kind: 'file', path, sha256, executable: (found.mode & 0o100) !== 0 };
}

async function sendFolder(client: MusterClient, folder: string): Promise<string> {
  const drafts = await mkdtemp(join(tmpdir(), 'muster-input-'));
  try {
    const file = join(drafts, 'folder.tar.gz');
    await create({ file, cwd: folder, gzip: true, portable: true, noMtime: true }, ['.']);
    return (await client.putContent({ file })).sha256;
  } finally {
    await rm(drafts, { recursive: true, force: true });
  }
}
