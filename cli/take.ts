/** The first so many of them, and whether there are more. */
export async function take<Item>(
  items: AsyncIterable<Item>,
  limit: number,
): Promise<{ taken: Item[]; isMore: boolean }> {
  const taken: Item[] = [];
  for await (const item of items) {
    if (taken.length === limit) return { taken, isMore: true };
    taken.push(item);
  }
  return { taken, isMore: false };
}
