import { MusterError } from './errors';
import type { RetryOptions } from './retry';

export interface ClientOptions {
  /** Origin of the control plane, e.g. `https://func-muster.azurewebsites.net`. */
  url: string;
  /** A function key. */
  key?: string;
  /** In place of a key, within a job: a file with the job's token. It is read for each call, since the token in it is renewed. */
  tokenFile?: string;
  retry?: Partial<RetryOptions>;
}

type Environment = Record<string, string | undefined>;

/**
 * Options, completed by the environment: MUSTER_URL, and MUSTER_KEY or MUSTER_TOKEN_FILE. Throws MusterError `NotConfigured` that names
 * everything that is missing or wrong.
 */
export function configured(
  given: Partial<ClientOptions> = {},
  environment: Environment = process.env,
): ClientOptions {
  const url = given.url ?? present(environment.MUSTER_URL);
  const credential = credentialOf(given) ?? credentialOf(fromEnvironment(environment));
  const problems = [
    ...urlProblems(url),
    ...(credential ? [] : ['there is no key: set MUSTER_KEY (within a job: MUSTER_TOKEN_FILE)']),
  ];
  if (url === undefined || !credential || problems.length > 0) throw notConfigured(problems);
  return { url, ...credential, retry: given.retry };
}

export function notConfigured(problems: string[]): MusterError {
  const message = `Muster is not configured: ${problems.join('; ')}.`;
  return new MusterError(0, { error: { code: 'NotConfigured', message } });
}

function fromEnvironment({ MUSTER_KEY, MUSTER_TOKEN_FILE }: Environment): Partial<ClientOptions> {
  return { key: present(MUSTER_KEY), tokenFile: present(MUSTER_TOKEN_FILE) };
}

/** A key wins over a token: whoever sets one within a job means it. */
function credentialOf({
  key,
  tokenFile,
}: Partial<ClientOptions>): Pick<ClientOptions, 'key' | 'tokenFile'> | undefined {
  if (key !== undefined) return { key };
  return tokenFile === undefined ? undefined : { tokenFile };
}

function urlProblems(url: string | undefined): string[] {
  if (url === undefined) return ['there is no URL: set MUSTER_URL to that of the control plane'];
  const isUsable = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  return isUsable ? [] : [`'${url}' is no URL: it begins with https:// (or http:// on this machine)`];
}

function present(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
