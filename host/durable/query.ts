import type { SQLInputValue } from 'node:sqlite';
import type { InstancePage, InstanceQuery } from './contract';
import { statusOf } from './status';
import { INSTANCE_COLUMNS, type InstanceRow, type Store } from './store';

/** The extension's default page when the caller names none. */
const PAGE = 100;
const LARGEST_PAGE = 10_000;

interface Conditions {
  where: string[];
  values: SQLInputValue[];
}

function conditionsOf(query: InstanceQuery): Conditions {
  const conditions: Conditions = { where: [], values: [] };
  const add = (sql: string, ...values: SQLInputValue[]): void => {
    conditions.where.push(sql);
    conditions.values.push(...values);
  };
  if (query.runtimeStatus && query.runtimeStatus.length > 0) {
    add(`status IN (${query.runtimeStatus.map(() => '?').join(', ')})`, ...query.runtimeStatus);
  }
  if (query.createdTimeFrom) add('created_at >= ?', query.createdTimeFrom.getTime());
  if (query.createdTimeTo) add('created_at <= ?', query.createdTimeTo.getTime());
  // Not LIKE, which ignores case and gives % and _ a meaning.
  if (query.instanceIdPrefix)
    add('substr(id, 1, ?) = ?', query.instanceIdPrefix.length, query.instanceIdPrefix);
  return conditions;
}

/** In the order of creation; the continuation token is the key after which to go on, encoded. */
export function queryInstances(store: Store, query: InstanceQuery): InstancePage {
  const { where, values } = conditionsOf(query);
  const top = Math.min(Math.max(query.top ?? PAGE, 1), LARGEST_PAGE);
  const rows = store.all<InstanceRow>(
    `SELECT ${INSTANCE_COLUMNS} FROM instances WHERE ${['key > ?', ...where].join(' AND ')} ORDER BY key LIMIT ?`,
    decodeToken(query.continuationToken),
    ...values,
    top + 1,
  );
  const page = rows.slice(0, top);
  const last = page.at(-1);
  return {
    instances: page.map((row) => statusOf(row, query.showInput ?? false)),
    ...(rows.length > top && last ? { continuationToken: encodeToken(last.key) } : {}),
  };
}

export function finishedInstances(store: Store, query: InstanceQuery): number[] {
  const { where, values } = conditionsOf(query);
  const sql = `SELECT key FROM instances WHERE ${['finished_at IS NOT NULL', ...where].join(' AND ')}`;
  return store.all<{ key: number }>(sql, ...values).map((row) => row.key);
}

export function encodeToken(position: number | string): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

export class InvalidTokenError extends Error {
  override name = 'InvalidTokenError';
}

export function decodeToken(token: string | undefined): number {
  if (!token) return -1;
  try {
    const position = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown;
    if (typeof position === 'number') return position;
  } catch {
    // falls through
  }
  throw new InvalidTokenError('The continuation token is not one that this host gave.');
}
