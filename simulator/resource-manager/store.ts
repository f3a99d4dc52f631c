/**
 * What ARM shows of a resource, and beside it what it never shows (`state`: secrets, running machines).
 * `P` and `S` are the provider's own view of the two; the store itself looks into neither.
 */
export interface ArmResource<P = Record<string, unknown>, S = unknown> {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  location?: string;
  tags?: Record<string, string>;
  zones?: string[];
  sku?: { name?: string; tier?: string; capacity?: number };
  plan?: Record<string, unknown>;
  kind?: string;
  identity?: ResourceIdentity;
  managedBy?: string;
  instanceId?: string;
  etag?: string;
  properties: P;
  state: S;
}

export interface ResourceIdentity {
  type: string;
  principalId?: string;
  tenantId?: string;
  userAssignedIdentities?: Record<string, { principalId?: string; clientId?: string } | null>;
}

/** Resource id -> record, in memory only: it ends with the simulator. Ids compare without case and keep the case of their creation. */
export class ResourceStore {
  private readonly records = new Map<string, ArmResource<unknown, unknown>>();
  /** The same records by type: lists of one type are the common question. */
  private readonly types = new Map<string, Map<string, ArmResource<unknown, unknown>>>();

  find<R extends ArmResource<unknown, unknown>>(id: string): R | undefined {
    return this.records.get(id.toLowerCase()) as R | undefined;
  }

  put(resource: ArmResource<unknown, unknown>): void {
    const key = resource.id.toLowerCase();
    this.records.set(key, resource);
    const type = resource.type.toLowerCase();
    const sameType = this.types.get(type) ?? new Map<string, ArmResource<unknown, unknown>>();
    this.types.set(type, sameType.set(key, resource));
  }

  delete(id: string): void {
    const key = id.toLowerCase();
    const type = this.records.get(key)?.type.toLowerCase();
    this.records.delete(key);
    if (type !== undefined) this.types.get(type)?.delete(key);
  }

  /** Every resource of one type, oldest first; `under` narrows to ids below a path. */
  list<R extends ArmResource<unknown, unknown>>(type: string, under = ''): R[] {
    const prefix = `${under.toLowerCase()}/`;
    const sameType = this.types.get(type.toLowerCase()) ?? [];
    const found: R[] = [];
    for (const [key, record] of sameType) if (under === '' || key.startsWith(prefix)) found.push(record as R);
    return found;
  }

  all(under = ''): ArmResource<unknown, unknown>[] {
    const prefix = `${under.toLowerCase()}/`;
    return [...this.records]
      .filter(([key]) => under === '' || key.startsWith(prefix))
      .map(([, record]) => record);
  }
}

/** The resource as ARM writes it: private state left out, absent members absent. */
export function present(resource: ArmResource<unknown, unknown>): Record<string, unknown> {
  const { state: _private, ...shown } = resource;
  return shown;
}
