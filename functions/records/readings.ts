/** Many may want to know the same at once: they share one reading, as long as it is fresh. */
export class Readings<Value> {
  readonly #known = new Map<string, { at: number; value: Promise<Value> }>();

  constructor(readonly freshMs: number) {}

  /** What `read` gave no longer than `freshMs` ago, or gives now. */
  read(key: string, read: () => Promise<Value>): Promise<Value> {
    const now = Date.now();
    const known = this.#known.get(key);
    if (known && now - known.at < this.freshMs) return known.value;
    for (const [old, { at }] of this.#known) if (now - at >= this.freshMs) this.#known.delete(old);
    const value = read();
    this.#known.set(key, { at: now, value });
    value.catch(() => this.#known.delete(key));
    return value;
  }
}
