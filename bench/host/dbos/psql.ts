import { spawnSync } from 'node:child_process';
import path from 'node:path';

export interface PostgresAddress {
  binaries: string;
  socketDirectory: string;
  user: string;
}

/** Asks PostgreSQL from outside, so that no measured connection is touched. */
export class Psql {
  constructor(
    private readonly address: PostgresAddress,
    private readonly database: string,
  ) {}

  query(sql: string): string {
    const { binaries, socketDirectory, user } = this.address;
    const given = ['-h', socketDirectory, '-U', user, '-d', this.database, '-X', '-At', '-c', sql];
    const result = spawnSync(path.join(binaries, 'psql'), given, { encoding: 'utf8' });
    if (result.status !== 0) throw new Error(`psql: ${result.error?.message ?? result.stderr}`);
    return result.stdout.trim();
  }
}
