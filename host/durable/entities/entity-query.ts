import type { SQLInputValue } from 'node:sqlite';
import type { DurableEngine, EntityState } from '../contract';
import { parsed } from '../status';
import type { Store } from '../store';
import { entityOf } from './messages';

type ListQuery = Parameters<DurableEngine['listEntities']>[0];
type ListPage = Awaited<ReturnType<DurableEngine['listEntities']>>;

const PAGE = 100;
const LARGEST_PAGE = 10_000;

interface Row {
  id: string;
  state: string | null;
  updatedAt: number;
}

export function toEntityState(row: Row, withState = true): EntityState {
  return {
    entityId: entityOf(row.id),
    state: withState ? parsed(row.state) : null,
    lastOperationTime: new Date(row.updatedAt).toISOString(),
  };
}

/** Entities that exist, in the order of their ids; the continuation token is the last id of the page, encoded. */
export function queryEntities(store: Store, query: ListQuery): ListPage {
  const where = ['is_alive = 1'];
  const values: SQLInputValue[] = [];
  const add = (sql: string, value: SQLInputValue): void => {
    where.push(sql);
    values.push(value);
  };
  if (query.name) add('name = ?', query.name.toLowerCase());
  if (query.lastOperationFrom) add('updated_at >= ?', query.lastOperationFrom.getTime());
  if (query.lastOperationTo) add('updated_at <= ?', query.lastOperationTo.getTime());
  if (query.continuationToken) add('id > ?', Buffer.from(query.continuationToken, 'base64url').toString());
  const top = Math.min(Math.max(query.top ?? PAGE, 1), LARGEST_PAGE);
  const sql = `SELECT id, state, updated_at AS updatedAt FROM entities WHERE ${where.join(' AND ')} ORDER BY id LIMIT ?`;
  const rows = store.all<Row>(sql, ...values, top + 1);
  const page = rows.slice(0, top);
  const last = page.at(-1);
  return {
    entities: page.map((row) => toEntityState(row, query.fetchState ?? false)),
    ...(rows.length > top && last ? { continuationToken: Buffer.from(last.id).toString('base64url') } : {}),
  };
}
