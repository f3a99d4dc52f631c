import { rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import type { DurableEngine } from '../../../host/durable/contract';
import { openEngine, systemClock } from '../../../host/engine';
import { startHost, type RunningHost } from '../../../host/host';
import type { Recovery, Subject, Work } from '../subject';
import { connectionTo, watchConnections } from './own-connections';

const appDirectory = path.resolve(__dirname, '../../../../bench/host/app');
const drainMs = 5_000;
const synchronousNames = ['OFF', 'NORMAL', 'FULL', 'EXTRA'];

interface Running {
  host: RunningHost;
  engine: DurableEngine;
  openedAt: number;
}

/** The embedded host as `dist/host/main.js` starts it, in this process; driven through its engine's API. */
export class MusterSubject implements Subject {
  private running: Running | undefined;
  private readonly file: string;

  constructor(private readonly stateDirectory: string) {
    this.file = path.join(stateDirectory, 'durable.sqlite');
  }

  async start(): Promise<void> {
    watchConnections();
    const opened: { engine?: DurableEngine; at: number } = { at: 0 };
    const host = await startHost({
      appDirectory,
      stateDirectory: this.stateDirectory,
      port: 0,
      control: false,
      writeLog: (text) => void process.stderr.write(text),
      systemClock,
      openEngine: (parts) => {
        opened.at = performance.now();
        opened.engine = openEngine(parts);
        return opened.engine;
      },
    });
    if (!opened.engine) throw new Error('The host has not opened its engine.');
    this.running = { host, engine: opened.engine, openedAt: opened.at };
  }

  async stop(): Promise<void> {
    await this.running?.host.stop(drainMs);
  }

  settings(): Promise<Record<string, string>> {
    const database = connectionTo(this.file);
    const read = (pragma: string): unknown =>
      Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0];
    return Promise.resolve({
      journal_mode: String(read('journal_mode')),
      synchronous: synchronousNames[Number(read('synchronous'))] ?? 'unknown',
      sqlite: String(database.prepare('SELECT sqlite_version() AS version').get()?.['version']),
      node: process.version,
    });
  }

  async begin(work: Work, input: unknown, id?: string): Promise<{ finished: Promise<unknown> }> {
    const started = await this.engine.startNew({ name: work, input, ...(id ? { instanceId: id } : {}) });
    return { finished: this.outputOf(started.instanceId) };
  }

  timersSet(): Promise<number> {
    return this.look((database) => Number(database.prepare('SELECT count(*) AS n FROM timers').get()?.['n']));
  }

  size(): Promise<{ asItStands: number; compact: number }> {
    return this.look((database) => {
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      const copy = `${this.file}.compact`;
      rmSync(copy, { force: true });
      database.prepare('VACUUM INTO ?').run(copy);
      const compact = statSync(copy).size;
      rmSync(copy);
      return { asItStands: statSync(this.file).size, compact };
    });
  }

  async recover(id: string): Promise<Recovery> {
    await this.start();
    const output = await this.outputOf(id);
    return { tookMs: performance.now() - (this.running?.openedAt ?? NaN), output };
  }

  async overHttp(input: number): Promise<unknown> {
    const { url, masterKey } = this.running?.host ?? {};
    const begun = await fetch(
      `${url}/runtime/webhooks/durabletask/orchestrators/sequence?code=${masterKey}`,
      {
        method: 'POST',
        body: JSON.stringify(input),
        headers: { 'content-type': 'application/json' },
      },
    );
    const { statusQueryGetUri } = (await begun.json()) as { statusQueryGetUri: string };
    for (;;) {
      const answer = await fetch(statusQueryGetUri);
      const status = (await answer.json()) as { runtimeStatus: string; output: unknown };
      if (answer.status !== 202) return status.output;
    }
  }

  private get engine(): DurableEngine {
    if (!this.running) throw new Error('The host is not running.');
    return this.running.engine;
  }

  private async outputOf(instanceId: string): Promise<unknown> {
    const status = await this.engine.whenFinished(instanceId);
    if (status?.runtimeStatus !== 'Completed') {
      throw new Error(
        `${instanceId} ended as ${String(status?.runtimeStatus)}: ${JSON.stringify(status?.output)}`,
      );
    }
    return status.output;
  }

  /** Through a connection of its own, as any other program would. */
  private look<T>(read: (database: DatabaseSync) => T): Promise<T> {
    const database = new DatabaseSync(this.file);
    try {
      database.exec('PRAGMA busy_timeout = 5000');
      return Promise.resolve(read(database));
    } finally {
      database.close();
    }
  }
}
