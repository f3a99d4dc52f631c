import { DBOS } from '@dbos-inc/dbos-sdk';
import type { Recovery, Subject, Work } from '../subject';
import { Psql, type PostgresAddress } from './psql';
import { recovery, workflows } from './workflows';

export interface DbosOptions {
  postgres: PostgresAddress;
  database: string;
  poolSize: number;
}

/** DBOS in this process, driven through its in-process API. docs/bench-host.md says why it is set as it is. */
export class DbosSubject implements Subject {
  private readonly psql: Psql;

  constructor(private readonly options: DbosOptions) {
    this.psql = new Psql(options.postgres, options.database);
  }

  async start(): Promise<void> {
    const { postgres, database, poolSize } = this.options;
    // Waiting for a connection of the pool is no failure, however many workflows wake at once.
    const query = new URLSearchParams({ host: postgres.socketDirectory, connect_timeout: '600' });
    DBOS.setConfig({
      name: 'muster-bench',
      systemDatabaseUrl: `postgresql://${postgres.user}@localhost/${database}?${query}`,
      systemDatabasePoolSize: poolSize,
      logLevel: 'error',
    });
    await DBOS.launch();
  }

  stop(): Promise<void> {
    return DBOS.shutdown();
  }

  settings(): Promise<Record<string, string>> {
    const show = (name: string): string => this.psql.query(`SHOW ${name}`);
    return Promise.resolve({
      fsync: show('fsync'),
      synchronous_commit: show('synchronous_commit'),
      full_page_writes: show('full_page_writes'),
      wal_sync_method: show('wal_sync_method'),
      postgres: show('server_version'),
      poolSize: String(this.options.poolSize),
      node: process.version,
    });
  }

  async begin(work: Work, input: unknown, id?: string): Promise<{ finished: Promise<unknown> }> {
    if (work === 'manyTimers') throw new Error('Not measured here.');
    const start = DBOS.startWorkflow(workflows[work], id ? { workflowID: id } : {});
    // The handle of a workflow of this process: its result is a promise, nothing is polled.
    const handle = await start(Number(input));
    return { finished: handle.getResult() };
  }

  timersSet(): Promise<number> {
    return Promise.resolve(
      Number(
        this.psql.query("SELECT count(*) FROM dbos.operation_outputs WHERE function_name = 'DBOS.sleep'"),
      ),
    );
  }

  size(): Promise<{ asItStands: number; compact: number }> {
    const bytes = (): number =>
      Number(
        this.psql.query(
          "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'dbos'::regnamespace",
        ),
      );
    const asItStands = bytes();
    this.psql.query('VACUUM FULL');
    return Promise.resolve({ asItStands, compact: bytes() });
  }

  async recover(): Promise<Recovery> {
    await this.start();
    return recovery;
  }
}
