import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { apt } from '../apt';

/** Debian's package makes and starts a cluster of its own unless told otherwise; that one nobody here needs. */
const clusterSettings = '/etc/postgresql-common/createcluster.d';
const ourSetting = `${clusterSettings}/muster-bench.conf`;

export function installPostgres(): void {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error(
      'PostgreSQL is not installed. Run `apt-get install -y postgresql` as root, or leave DBOS out with --no-peer.',
    );
  }
  process.stderr.write('Installing PostgreSQL (once): apt-get install -y postgresql\n');
  apt('update', '-q');
  mkdirSync(clusterSettings, { recursive: true });
  writeFileSync(ourSetting, 'create_main_cluster = false\n');
  try {
    apt('install', '-y', '-q', 'postgresql');
  } finally {
    rmSync(ourSetting, { force: true });
  }
}
