export interface ContentProperties {
  bytes: number;
  lastModified: string;
}

export interface UsedContent {
  sha256: string;
  /** When it was last sent, or used. */
  lastModified: string;
}

/** A URL that anyone may use until it expires; a secret. */
export interface SignedUrl {
  url: string;
  expiresAt: string;
}

/** Content by its hash: stored once, whoever sends it, and read by VMs through short-lived links. */
export interface ContentStore {
  /** Stores what is not there yet. `sha256`: of `body`, hex. */
  put(sha256: string, body: Uint8Array): Promise<void>;
  /** Undefined where there is none. */
  find(sha256: string): Promise<ContentProperties | undefined>;
  /**
   * As `find`, for whoever is going to need it: one that was last sent or used before `olderThan` counts as used now, so that nobody
   * removes it as unused meanwhile.
   */
  use(sha256: string, olderThan: Date): Promise<ContentProperties | undefined>;
  /** One page of all there are. */
  page(continuation: string | undefined): Promise<{ contents: UsedContent[]; continuation?: string }>;
  /** Where it may be written, and nothing else; whoever reads it checks the hash. */
  uploadUrl(sha256: string, lifetimeMs: number): Promise<SignedUrl>;
  /** A link by which anyone may read it until it expires; a secret. */
  link(sha256: string, lifetimeMs: number): Promise<string>;
  /** Nothing there is no error. `unusedSince`: unless it was sent or used after that. */
  remove(sha256: string, options?: { unusedSince: string }): Promise<void>;
}
