import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The repository's folder, from wherever this file runs: `scripts/` under a test, `dist/scripts/` otherwise. */
export function projectRoot(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'host.json'))) {
    if (dirname(folder) === folder) throw new Error('No folder above holds host.json.');
    folder = dirname(folder);
  }
  return folder;
}
