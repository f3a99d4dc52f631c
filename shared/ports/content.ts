/** Content by its hash: stored once, whoever sends it, and read by VMs through short-lived links. */
export interface ContentStore {
  /** Stores what is not there yet. `sha256`: of `body`, hex. */
  put(sha256: string, body: Uint8Array): Promise<void>;
  /** A link by which anyone may read it until it expires; a secret. */
  link(sha256: string, lifetimeMs: number): Promise<string>;
  /** Nothing there is no error. */
  remove(sha256: string): Promise<void>;
}
