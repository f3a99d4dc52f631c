/** How often each of several things has happened. */
export type Counts = Record<string, number>;

/** What has come between two readings; what has not is left out. */
export function difference(before: Counts, after: Counts): Counts {
  const names = Object.keys(after).sort();
  return Object.fromEntries(
    names.map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)] as const).filter(([, n]) => n !== 0),
  );
}

export function sum(counts: Counts): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
