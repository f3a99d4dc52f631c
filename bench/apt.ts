import { spawnSync } from 'node:child_process';

/** What it says goes to stderr. Throws where it fails. */
export function apt(...given: string[]): void {
  const result = spawnSync('apt-get', given, {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (result.status !== 0)
    throw new Error(`apt-get ${given.join(' ')} failed (exit ${String(result.status)}).`);
}
