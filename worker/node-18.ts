import { webcrypto } from 'node:crypto';

/** Node 18 has Web Crypto, but not as the global that the storage SDK (made for Node 20) takes for granted. */
if (!('crypto' in globalThis)) {
  Object.defineProperty(globalThis, 'crypto', { value: webcrypto, configurable: true });
}
