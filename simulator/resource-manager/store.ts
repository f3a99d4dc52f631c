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

  find<R extends ArmResource<unknown, unknown>>(id: string): R | undefined {
    return this.records.get(id.toLowerCase()) as R | undefined;
  }

  put<P, S>(resource: ArmResource<P, S>): void {
    this.records.set(resource.id.toLowerCase(), resource as unknown as ArmResource<unknown, unknown>);
  }

  delete(id: string): void {
    this.records.delete(id.toLowerCase());
  }

  /** Every resource of one type, oldest first; `under` narrows to ids below a path. */
  list<R extends ArmResource<unknown, unknown>>(type: string, under = ''): R[] {
    const wanted = type.toLowerCase();
    const prefix = under.toLowerCase() + '/';
    const found: R[] = [];
    for (const [key, record] of this.records) {
      if (record.type.toLowerCase() === wanted && (under === '' || key.startsWith(prefix)))
        found.push(record as R);
    }
    return found;
  }

  all(under = ''): ArmResource<unknown, unknown>[] {
    const prefix = under.toLowerCase() + '/';
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
