import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { configured, type ClientOptions } from '../client';
import { Misuse } from './exit-codes';

/** Kept by `muster login`. */
export interface Profile {
  url: string;
  key: string;
}

type Environment = Record<string, string | undefined>;

export function profileFile(environment: Environment): string {
  const folder = environment.XDG_CONFIG_HOME || join(environment.HOME || homedir(), '.config');
  return join(folder, 'muster', 'config.json');
}

/** Undefined where there is none. Throws Misuse where others can read it, or it is none. */
export function readProfile(environment: Environment): Profile | undefined {
  const file = profileFile(environment);
  const mode = statSync(file, { throwIfNoEntry: false })?.mode;
  if (mode === undefined) return undefined;
  if (mode & 0o077) throw new Misuse([`${file} holds a key and others can read it: chmod 600 ${file}`]);
  try {
    const { url, key } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Profile>;
    if (typeof url === 'string' && typeof key === 'string') return { url, key };
  } catch {
    // Told below, without what stands in it.
  }
  throw new Misuse([`${file} is not { "url", "key" } as JSON: write it anew with muster login --url URL`]);
}

/** For its owner's eyes alone from its first byte; whole or not at all. */
export function writeProfile(environment: Environment, profile: Profile): string {
  const file = profileFile(environment);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(profile, null, 2)}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
  return file;
}

/**
 * Options before the environment before the file. The file's key goes to the file's URL alone: a URL from elsewhere has to bring a
 * key of its own.
 */
export function clientOptions(
  given: { url?: string; key?: string },
  environment: Environment,
): ClientOptions {
  const { MUSTER_URL, MUSTER_KEY, MUSTER_TOKEN_FILE } = environment;
  const url = given.url ?? (MUSTER_URL || undefined);
  const hasCredential = Boolean(given.key ?? (MUSTER_KEY || MUSTER_TOKEN_FILE));
  const profile = url !== undefined && hasCredential ? undefined : readProfile(environment);
  const isSame = profile !== undefined && (url === undefined || sameOrigin(url, profile.url));
  const key = given.key ?? (isSame && !hasCredential ? profile.key : undefined);
  return configured({ url: url ?? profile?.url, ...(key !== undefined && { key }) }, environment);
}

function sameOrigin(a: string, b: string): boolean {
  return URL.canParse(a) && URL.canParse(b) && new URL(a).origin === new URL(b).origin;
}
