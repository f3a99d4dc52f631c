import type { Records } from '../../shared/ports';

/** So long rows of several callers are gathered: longer would save little more, and each caller waits. */
const gatherMs = 50;
/** As many as a transaction holds. */
const mostItems = 100;

/** Makes one call of what many callers give within a moment. Each of them hears how that call came out. */
export class Gatherer<Item> {
  #gathered: { items: Item[]; done: Promise<void> } | undefined;

  constructor(readonly act: (items: Item[]) => Promise<void>) {}

  add(item: Item): Promise<void> {
    const gathered = (this.#gathered ??= this.#begin());
    gathered.items.push(item);
    if (gathered.items.length >= mostItems) this.#gathered = undefined;
    return gathered.done;
  }

  #begin(): { items: Item[]; done: Promise<void> } {
    const items: Item[] = [];
    const due = new Promise<void>((resolve) => setTimeout(resolve, gatherMs));
    const done = due.then(() => {
      if (this.#gathered?.items === items) this.#gathered = undefined;
      return this.act(items);
    });
    return { items, done };
  }
}

/** What is written when jobs end. Many short ones end at the same time; nobody waits for these rows. */
export interface Closing {
  /** Puts a job on the list of those that are to be deleted. */
  expire: Gatherer<{ key: string; value: { jobId: string } }>;
  /** Takes it out of the list of those that run. */
  leave: Gatherer<string>;
}

const closings = new WeakMap<Records, Closing>();

/** One for each app's records. What is given twice changes nothing. */
export function closingOf(records: Records): Closing {
  const known = closings.get(records);
  if (known) return known;
  const closing: Closing = {
    expire: new Gatherer((rows) => records.putMany('jobs', 'expiry', rows)),
    leave: new Gatherer((ids) => records.removeMany('jobs', 'open', [...new Set(ids)])),
  };
  closings.set(records, closing);
  return closing;
}
