import { chmodSync, readFileSync, statSync } from 'node:fs';
import { AgentConfig } from '../shared/contracts/worker-protocol';
import type { Log } from './log';

/** A configuration that cannot work: starting again would not help. */
export class ConfigError extends Error {}

/** Reads the agent's file and takes it from other users' eyes: it holds the join token, and tasks run on this machine. */
export function readConfig(file: string, log: Log): AgentConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`cannot read ${file}: ${(error as Error).message}`);
  }
  if ((statSync(file).mode & 0o077) !== 0) {
    chmodSync(file, 0o600);
    log('warning', 'config-readable-by-others', { file });
  }
  const parsed = AgentConfig.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (issue) => `${issue.path.join('.') || '(file)'}: ${issue.message}`,
  );
  throw new ConfigError(`${file} is not a valid configuration: ${problems.join('; ')}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
