/** The extension's entity messages, as they stand in `EventSent.Input` and in the entity's inbox. */
export interface EntityRequest {
  op?: string;
  signal?: boolean;
  /** Serialised JSON. */
  input?: string;
  id: string;
  parent?: string;
  parentExecution?: string;
  due?: string;
  lockset?: { name: string; key: string }[];
  pos?: number;
  /** Ours: the extension tells a release by the name of the event that carries it. */
  isRelease?: boolean;
}

export interface EntityBatchOutcome {
  entityExists?: boolean;
  entityState?: string | null;
  results: { isError: boolean; result?: string }[];
  signals?: { target: { name: string; key: string }; name: string; input?: string }[];
}

/** `@name@key`, the name in lower case: entity names ignore case, keys do not. */
export function schedulerId(entity: { name: string; key: string }): string {
  return `@${entity.name.toLowerCase()}@${entity.key}`;
}

export function entityOf(id: string): { name: string; key: string } {
  const at = id.indexOf('@', 1);
  return { name: id.slice(1, at), key: id.slice(at + 1) };
}
