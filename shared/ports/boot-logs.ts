import type { Owner } from '../contracts';

/**
 * `reported`: what the VM itself told while it booted. `environment`: what the making of its environment said; the agent writes it.
 * `console`: its serial console, kept before a failed VM was deleted.
 */
export type BootLogSource = 'reported' | 'environment' | 'console';

export interface BootLogListing {
  vmName: string;
  source: BootLogSource;
  bytes: number;
  updatedAt: string;
}

/** Boot logs of an owner's VMs, in the owner's container; they outlive VM and owner. */
export interface BootLogs {
  /** Makes the owner's container; there already is no error. */
  prepare(owner: Owner): Promise<void>;
  /**
   * Appends at `offset`. Answers how long the log is then: less or more than asked for where the text belongs elsewhere, and
   * nothing was appended.
   */
  append(owner: Owner, vmName: string, part: { offset: number; text: string }): Promise<number>;
  /** Keeps the console as it was last; a later one takes its place. */
  keepConsole(owner: Owner, vmName: string, text: string): Promise<void>;
  list(owner: Owner): Promise<BootLogListing[]>;
  /** Undefined where there is none. */
  read(owner: Owner, vmName: string, source: BootLogSource): Promise<string | undefined>;
}
