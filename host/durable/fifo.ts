/** First in, first out, at a constant cost also when it is long, which `Array.shift` is not. */
export class Fifo<T> {
  private items: T[] = [];
  private head = 0;

  get length(): number {
    return this.items.length - this.head;
  }

  push(item: T): void {
    this.items.push(item);
  }

  shift(): T | undefined {
    if (this.head >= this.items.length) return undefined;
    const item = this.items[this.head++];
    if (this.head > 1_000 && this.head * 2 > this.items.length) this.keep(() => true);
    return item;
  }

  /** Forgets what does not pass. */
  keep(passes: (item: T) => boolean): void {
    this.items = this.items.slice(this.head).filter(passes);
    this.head = 0;
  }
}
