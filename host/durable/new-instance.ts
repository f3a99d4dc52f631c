import { randomUUID } from 'node:crypto';
import type { InstanceRow, Store } from './store';

export function newExecutionId(): string {
  return randomUUID().replaceAll('-', '');
}

export interface NewInstance {
  id: string;
  name: string;
  /** Serialised JSON. */
  input: string | null;
  now: number;
  parent?: { key: number; id: string; task: number };
}

export function newInstance(store: Store, { id, name, input, now, parent }: NewInstance): InstanceRow {
  return {
    key: store.newKey(),
    id,
    name,
    executionId: newExecutionId(),
    status: 'Pending',
    input,
    customStatus: null,
    output: null,
    createdAt: now,
    updatedAt: now,
    finishedAt: null,
    parentKey: parent?.key ?? null,
    parentId: parent?.id ?? null,
    parentTask: parent?.task ?? null,
  };
}
