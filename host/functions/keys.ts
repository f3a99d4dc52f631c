import { randomBytes, timingSafeEqual, createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The access keys of the host, of the shape Azure keeps them in. */
export interface HostKeys {
  masterKey: string;
  functionKeys: Record<string, string>;
  systemKeys: Record<string, string>;
  /** Keys of single functions, by function name. */
  functions: Record<string, Record<string, string>>;
}

const extensionKey = 'durabletask_extension';

/** Reads `<state>/keys.json`, adds what is missing, and keeps it readable by its owner only. */
export function openKeys(stateDirectory: string, functionNames: string[], defaultHostKey?: string): HostKeys {
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
  const file = path.join(stateDirectory, 'keys.json');
  const stored = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<HostKeys>) : {};
  const keys: HostKeys = {
    masterKey: stored.masterKey ?? newKey(),
    functionKeys: { default: newKey(), ...stored.functionKeys },
    systemKeys: { [extensionKey]: newKey(), ...stored.systemKeys },
    functions: { ...stored.functions },
  };
  for (const name of functionNames) {
    keys.functions[name] ??= { default: newKey() };
  }
  writePrivately(file, JSON.stringify(keys, undefined, 2));
  return defaultHostKey === undefined
    ? keys
    : { ...keys, functionKeys: { ...keys.functionKeys, default: defaultHostKey } };
}

export function durableExtensionKey(keys: HostKeys): string {
  return keys.systemKeys[extensionKey] ?? '';
}

/** Compares digests, so that neither the length nor a common prefix of a key shows in the time taken. */
export function isOneOf(given: string | undefined, keys: string[]): boolean {
  if (!given) {
    return false;
  }
  const digest = sha256(given);
  return keys.filter((key) => timingSafeEqual(digest, sha256(key))).length > 0;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function newKey(): string {
  return randomBytes(40).toString('base64url');
}

function writePrivately(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.new`;
  writeFileSync(temporary, `${text}\n`, { mode: 0o600 });
  renameSync(temporary, file);
}
