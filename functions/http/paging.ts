import type { HttpRequest } from '@azure/functions';
import { ApiError } from '../../shared/errors';
import type { TableName } from '../../shared/ports';
import type { App } from '../app';
import { queryNumber } from './route';

interface Page<Item> {
  items: Item[];
  continuation?: string | undefined;
}

/** One page of a partition as a list answer; `nextLink` where there is more. The query's `top` (100 unless said) and `continuation` say which. */
export async function listPage<Value, View>(
  { records }: App,
  request: HttpRequest,
  list: { table: TableName; partition: string; top?: number; views(values: Value[]): Promise<View[]> },
): Promise<{ value: View[]; nextLink?: string }> {
  const { items, ...rest } = await readPage(request, list.top ?? 100, async (options) => {
    const page = await records.page<Value>(list.table, list.partition, options);
    return { items: page.rows.map((row) => row.value), continuation: page.continuation };
  });
  return { value: await list.views(items), ...rest };
}

/** A page of whatever pages, as asked for by the query's `top` and `continuation`. */
export async function readPage<Item>(
  request: HttpRequest,
  fallbackTop: number,
  read: (options: { top: number; continuation?: string }) => Promise<Page<Item>>,
): Promise<{ items: Item[]; nextLink?: string }> {
  const top = queryNumber(request, 'top', { fallback: fallbackTop, max: 1000 })!;
  const asked = request.query.get('continuation') ?? undefined;
  const { items, continuation } = await read({ top, continuation: asked }).catch((error: unknown) => {
    if (!(error instanceof RangeError)) throw error;
    const message = 'The continuation is not one this API gave out: start without it.';
    throw new ApiError(400, 'InvalidRequest', message, { target: 'continuation' });
  });
  return continuation ? { items, nextLink: nextLinkOf(request, { top, continuation }) } : { items };
}

/** Absolute, as ARM's; the other query parameters stay, the function key does not travel in it. */
function nextLinkOf(
  request: HttpRequest,
  { top, continuation }: { top: number; continuation: string },
): string {
  const next = new URL(request.url);
  next.searchParams.delete('code');
  next.searchParams.set('top', String(top));
  next.searchParams.set('continuation', continuation);
  return next.toString();
}
