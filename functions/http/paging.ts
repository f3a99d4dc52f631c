import type { HttpRequest } from '@azure/functions';
import { ApiError } from '../../shared/errors';
import type { TableName } from '../../shared/ports';
import type { App } from '../app';
import { queryNumber } from './route';

/** One page of a partition as a list answer; `nextLink` where there is more. The query's `top` (100 unless said) and `continuation` say which. */
export async function listPage<Value, View>(
  { records }: App,
  request: HttpRequest,
  list: { table: TableName; partition: string; top?: number; views(values: Value[]): Promise<View[]> },
): Promise<{ value: View[]; nextLink?: string }> {
  const top = queryNumber(request, 'top', { fallback: list.top ?? 100, max: 1000 })!;
  const continuation = request.query.get('continuation') ?? undefined;
  const page = await records
    .page<Value>(list.table, list.partition, { top, continuation })
    .catch((error: unknown) => {
      if (!(error instanceof RangeError)) throw error;
      const message = 'The continuation is not one this API gave out: start without it.';
      throw new ApiError(400, 'InvalidRequest', message, { target: 'continuation' });
    });
  const value = await list.views(page.rows.map((row) => row.value));
  if (!page.continuation) return { value };
  return { value, nextLink: nextLinkOf(request, { top, continuation: page.continuation }) };
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
