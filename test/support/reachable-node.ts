import { chmodSync, copyFileSync, linkSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The Node that runs the tests, where any user may run it: a clone made in a folder that is its owner's alone (`mktemp -d`) keeps
 * its node_modules from the unprivileged users that tests run programs as.
 */
export function useReachableNode(): () => string {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-node-'));
    chmodSync(folder, 0o755);
    try {
      linkSync(process.execPath, join(folder, 'node'));
    } catch {
      copyFileSync(process.execPath, join(folder, 'node'));
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return () => join(folder, 'node');
}
