import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Counts } from '../counts';
import { LogReader } from '../log-reader';

/**
 * Counts what the host's durable store is given, by triggers in its file: an orchestration that continues as new deletes its
 * history, so what is left at the end is no count.
 */
export class DurableMeter {
  private readonly database: DatabaseSync;

  constructor(file: string) {
    this.database = new DatabaseSync(file, { timeout: 20_000 });
    this.database.exec(`
      CREATE TABLE IF NOT EXISTS bench_counts (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TRIGGER bench_events AFTER INSERT ON history BEGIN
        INSERT INTO bench_counts VALUES ('events', json_array_length(new.events))
          ON CONFLICT (name) DO UPDATE SET count = count + excluded.count;
        INSERT INTO bench_counts VALUES ('bytes', length(new.events))
          ON CONFLICT (name) DO UPDATE SET count = count + excluded.count;
      END;
      CREATE TRIGGER bench_activities AFTER INSERT ON activities BEGIN
        INSERT INTO bench_counts VALUES ('activity ' || new.name, 1)
          ON CONFLICT (name) DO UPDATE SET count = count + 1;
      END;`);
  }

  read(): { events: number; bytes: number; activities: Counts } {
    const rows = this.database.prepare('SELECT name, count FROM bench_counts').all();
    const counts = new Map(rows.map((row) => [String(row['name']), Number(row['count'])]));
    const activities = [...counts].flatMap(([name, count]) =>
      name.startsWith('activity ') ? [[name.slice('activity '.length), count] as const] : [],
    );
    return {
      events: counts.get('events') ?? 0,
      bytes: counts.get('bytes') ?? 0,
      activities: Object.fromEntries(activities),
    };
  }

  close(): void {
    this.database.close();
  }
}

/** Counts the requests in Azurite's access log, by what they are for. */
export class StorageMeter {
  private readonly counts: Counts = {};
  private readonly log: LogReader;

  constructor(file: string) {
    this.log = new LogReader(file);
  }

  async read(): Promise<Counts> {
    for (const line of await this.log.lines()) this.count(line);
    return { ...this.counts };
  }

  private count(line: string): void {
    const [, method, url] = /"([A-Z]+) (\S+) HTTP\//.exec(line) ?? [];
    if (!method || !url) return;
    const name = storageOperation(method, decodeURIComponent(url));
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }
}

export const workQueuePoll = 'queue: look of a worker';
export const hostQueuePoll = 'queue: look of the host';

/** Service and operation of a request to Azurite; a worker's look at its queue is told by its SAS. */
export function storageOperation(method: string, url: string): string {
  const [, path = '', query = ''] = /^\/[^/]+\/([^?]*)\??(.*)$/.exec(url) ?? [];
  if (path.startsWith('$batch')) return 'table: batch';
  const entity = /^muster(\w+)\(PartitionKey=/.exec(path)?.[1];
  if (entity) return `table: ${method} row of ${entity}`;
  if (/^muster\w+\(\)$/.test(path)) return `table: query ${path.slice('muster'.length, -2)}`;
  if (path === 'Tables') return 'table: create';
  if (/\/messages$/.test(path) && method === 'GET') return /sig=/.test(query) ? workQueuePoll : hostQueuePoll;
  if (/\/messages/.test(path)) return `queue: ${method} message`;
  if (/restype=container/.test(query)) return `blob: ${method} container`;
  if (path.includes('/')) return `blob: ${method}`;
  return method === 'POST' ? `table: POST row of ${path.replace(/^muster/, '')}` : `queue: ${method} queue`;
}

/** CPU seconds so far and the peak of resident memory of a process, as the kernel has them. */
export function processUse(pid: number): { cpuSeconds: number; peakMiB: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Linux counts in ticks of 1/100 s on every architecture that Node runs on (USER_HZ).
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / 100;
  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return { cpuSeconds, peakMiB: Math.round(Number(peak ?? 0) / 1024) };
}
