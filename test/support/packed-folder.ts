import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create } from 'tar';

export interface Packed {
  body: Buffer;
  sha256: string;
}

/** A folder of these files, as tar and gzip. */
export async function packFolder(files: Record<string, string | Buffer>): Promise<Packed> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-folder-'));
  try {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
      if (name.endsWith('.sh')) chmodSync(join(folder, name), 0o755);
    }
    const body = await new Promise<Buffer>((resolve, reject) => {
      const parts: Buffer[] = [];
      const stream = create({ gzip: true, portable: true, cwd: folder }, ['.']);
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => resolve(Buffer.concat(parts)));
      stream.on('error', reject);
    });
    return { body, sha256: createHash('sha256').update(body).digest('hex') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
