import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Which messages the store has taken, so that each is sent once over any number of lives.
 *
 * A message is settled when its call has answered, or, for those under way when the process was killed, when it stands in the
 * store at that moment: it was written by a commit nobody lived to hear of, and nothing can have consumed it yet. A settled
 * message is never sent again, so one the engine loses stays lost, and the check for "seen once" finds it missing.
 */
export class Outbox {
  private readonly file: string;

  constructor(private readonly folder: string) {
    this.file = join(folder, 'outbox');
  }

  settled(): Set<string> {
    return new Set(existsSync(this.file) ? readFileSync(this.file, 'utf8').split('\n') : []);
  }

  settle(id: string): void {
    appendFileSync(this.file, `${id}\n`);
  }

  /** To be called by the parent after a kill, before the next life. */
  settleFromStore(): void {
    const path = join(this.folder, 'durable.db');
    if (!existsSync(path)) return;
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      const hasTables = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'entity_inbox'").get();
      if (!hasTables) return;
      const rows = database
        .prepare('SELECT event AS text FROM inbox UNION ALL SELECT request FROM entity_inbox')
        .all();
      const settled = this.settled();
      for (const row of rows) {
        for (const id of String(row['text']).match(/message-[a-z]+-\d+/g) ?? [])
          if (!settled.has(id)) this.settle(id);
      }
    } finally {
      database.close();
    }
  }
}
