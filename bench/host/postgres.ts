import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  existsSync,
  globSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PostgresAddress } from './dbos/psql';
import { installPostgres } from './postgres-install';

const startLimitMs = 30_000;
const stopLimitMs = 20_000;
/** Only the name of the database's superuser, who may come in through the socket alone. */
const user = 'postgres';

const running = new Set<Postgres>();

interface Owner {
  uid: number;
  gid: number;
}

/** A PostgreSQL of Debian's, with its default settings, in a folder of its own: reached through a Unix socket only. */
export class Postgres {
  private constructor(
    readonly address: PostgresAddress,
    private readonly folder: string,
    private readonly server: ChildProcess,
  ) {
    running.add(this);
    server.once('exit', () => running.delete(this));
  }

  static async start(): Promise<Postgres> {
    const binaries = findBinaries() ?? installedBinaries();
    const folder = mkdtempSync(path.join(tmpdir(), 'muster-bench-pg-'));
    try {
      const owner = unprivileged();
      if (owner) chownSync(folder, owner.uid, owner.gid);
      const data = path.join(folder, 'data');
      const init = ['-D', data, '-U', user, '--auth=trust', '-E', 'UTF8', '--locale=C'];
      const made = spawnSync(path.join(binaries, 'initdb'), init, {
        encoding: 'utf8',
        cwd: folder,
        ...owner,
      });
      if (made.status !== 0) throw new Error(`initdb: ${made.error?.message ?? made.stderr}`);
      const log = path.join(folder, 'log');
      const output = openSync(log, 'a');
      // No TCP at all; the folder of the socket is closed to others.
      const server = spawn(
        path.join(binaries, 'postgres'),
        ['-D', data, '-k', folder, '-c', 'listen_addresses='],
        {
          stdio: ['ignore', output, output],
          cwd: folder,
          ...owner,
        },
      );
      closeSync(output);
      const postgres = new Postgres({ binaries, socketDirectory: folder, user }, folder, server);
      await postgres.ready(log);
      return postgres;
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Fast shutdown: sessions are ended, everything is on disk, nothing runs any more. */
  async stop(): Promise<void> {
    if (this.server.exitCode === null && this.server.signalCode === null) {
      const gone = once(this.server, 'exit');
      this.server.kill('SIGINT');
      const late = setTimeout(() => this.server.kill('SIGQUIT'), stopLimitMs);
      await gone;
      clearTimeout(late);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** For a program that ends in the middle of it all: the server's children go with it. */
  static killAll(): void {
    for (const { server, folder } of running) {
      server.kill('SIGQUIT');
      rmSync(folder, { recursive: true, force: true, maxRetries: 20 });
    }
  }

  private async ready(log: string): Promise<void> {
    const { binaries, socketDirectory } = this.address;
    const deadline = performance.now() + startLimitMs;
    while (spawnSync(path.join(binaries, 'pg_isready'), ['-q', '-h', socketDirectory]).status !== 0) {
      if (this.server.exitCode !== null || performance.now() > deadline) {
        this.server.kill('SIGQUIT');
        throw new Error(`PostgreSQL did not start:\n${readFileSync(log, 'utf8')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function findBinaries(): string | undefined {
  const folders = [
    ...(process.env['PATH'] ?? '').split(path.delimiter),
    ...globSync('/usr/lib/postgresql/*/bin').sort().reverse(),
  ];
  const needed = ['initdb', 'postgres', 'psql', 'pg_isready'];
  return folders.find((folder) => needed.every((name) => existsSync(path.join(folder, name))));
}

function installedBinaries(): string {
  installPostgres();
  const found = findBinaries();
  if (!found)
    throw new Error('The package postgresql is installed, but /usr/lib/postgresql/*/bin has no server.');
  return found;
}

/** PostgreSQL refuses to run as root: whom it is to run as; undefined when we are no root. */
function unprivileged(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string, name: string): number | undefined => {
    const result = spawnSync('id', [flag, name], { encoding: 'utf8' });
    return result.status === 0 ? Number(result.stdout) : undefined;
  };
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = [idOf('-u', name), idOf('-g', name)];
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new Error('PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody.');
}
