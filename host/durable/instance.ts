import type { HistoryEvent } from './contract';
import { EventType } from './history';
import { Ledger } from './ledger';
import type { InstanceRow, Store } from './store';

/** Something an instance has still to absorb; `seq` is its row in the inbox, if it has one. */
export interface Message {
  event: HistoryEvent;
  seq?: number;
}

/** What an instance takes besides its texts. */
const OVERHEAD = 2_000;

/** One orchestration in memory: what the store says of it, its history as the library reads it, and what has arrived. */
export class Instance {
  readonly history: HistoryEvent[];
  ledger: Ledger;
  turns: number;
  inbox: Message[];
  isQueued = false;
  isRunning = false;
  /** About how much memory it takes, in characters, and how much of that the cache has counted. */
  size: number;
  counted = 0;
  /** Not before this moment (of the performance clock) is another turn worth its replay. */
  notBefore = 0;
  /** Rows of the inbox that were read with the instance, and may be announced as well. */
  private readonly read: Set<number>;

  constructor(
    public row: InstanceRow,
    stored: { turns: readonly HistoryEvent[][]; size: number },
    inbox: Message[],
  ) {
    this.size = OVERHEAD + stored.size + (row.input?.length ?? 0);
    this.history = stored.turns.flat();
    for (const event of this.history) {
      event.IsPlayed = true;
      if (event.EventType === EventType.ExecutionStarted) event['Input'] = row.input;
    }
    this.turns = stored.turns.length;
    this.ledger = Ledger.from(this.history);
    this.inbox = inbox;
    this.read = new Set(inbox.map(({ seq }) => Number(seq)));
  }

  static load(store: Store, key: number): Instance | undefined {
    const row = store.instanceByKey(key);
    if (!row || row.finishedAt !== null) return undefined;
    const inbox = store
      .all<{ seq: number; event: string }>('SELECT seq, event FROM inbox WHERE key = ? ORDER BY seq', key)
      .map(({ seq, event }) => ({ seq, event: JSON.parse(event) as HistoryEvent }));
    return new Instance(row, store.history(key), inbox);
  }

  get hasStarted(): boolean {
    return this.history.some((event) => event.EventType === EventType.ExecutionStarted);
  }

  /** A message already read from the store when the instance was loaded is not taken twice. */
  receive(message: Message): void {
    if (message.seq !== undefined && this.read.delete(message.seq)) return;
    this.inbox.push(message);
  }

  /** Undoes a turn that came to nothing: its events leave the history, its messages wait again. */
  rollBack(length: number, messages: readonly Message[]): void {
    this.history.length = length;
    this.ledger = Ledger.from(this.history);
    this.inbox = [...messages, ...this.inbox];
  }

  /** The history starts again, under a new execution id. */
  beginGeneration(row: InstanceRow, carriedOver: readonly Message[]): void {
    this.row = row;
    this.inbox.unshift(...carriedOver);
    this.history.length = 0;
    this.size = OVERHEAD + (row.input?.length ?? 0);
    this.turns = 0;
    this.ledger = new Ledger();
  }
}
