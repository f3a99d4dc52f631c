/** Of what is set, the newest; what goes for them is told to `onGone`. */
export class RecentMap<Value> extends Map<string, Value> {
  constructor(
    readonly most: number,
    readonly onGone: (value: Value) => void = () => undefined,
  ) {
    super();
  }

  /** The newest from now on, also where it was there. */
  override set(key: string, value: Value): this {
    this.delete(key);
    super.set(key, value);
    const [oldest] = this;
    if (this.size > this.most && oldest) {
      this.delete(oldest[0]);
      this.onGone(oldest[1]);
    }
    return this;
  }
}
