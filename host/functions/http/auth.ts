import { isOneOf, type HostKeys } from '../keys';
import type { AuthLevel } from '../triggers';
import type { HostRequest } from './request';

/** Who may call what, by key: header `x-functions-key` or query `code`; the master key opens everything. */
export class KeyAuthorization {
  readonly #keys: HostKeys;

  constructor(keys: HostKeys) {
    this.#keys = keys;
  }

  mayCall(request: HostRequest, functionName: string, level: AuthLevel): boolean {
    switch (level) {
      case 'anonymous':
        return true;
      case 'admin':
        return this.isMaster(request);
      case 'function':
        return isOneOf(givenKey(request), [
          this.#keys.masterKey,
          ...Object.values(this.#keys.functionKeys),
          ...Object.values(this.#keys.functions[functionName] ?? {}),
        ]);
    }
  }

  isMaster(request: HostRequest): boolean {
    return isOneOf(givenKey(request), [this.#keys.masterKey]);
  }

  /** An extension's webhook takes that extension's own system key. */
  mayCallExtension(request: HostRequest, systemKey: string): boolean {
    const key = this.#keys.systemKeys[systemKey];
    return isOneOf(
      givenKey(request),
      key === undefined ? [this.#keys.masterKey] : [this.#keys.masterKey, key],
    );
  }
}

function givenKey({ raw, query }: HostRequest): string | undefined {
  const header = raw.headers['x-functions-key'];
  const given = Array.isArray(header) ? header[0] : header;
  return given ?? query.get('code') ?? undefined;
}
