const maxKeptLength = 16_384;
const mask = '***';
/** Names under which values may be secret, and how an environment may be misspelt. */
const secretName = /env|variables|secret|password|token|credential/i;

/** The text of an unusable message, as it may be shown: values of environment variables masked, cut where it is long. */
export function keptText(text: string): string {
  const shown = masked(text);
  if (shown.length <= maxKeptLength) return shown;
  return `${shown.slice(0, maxKeptLength)}… (${shown.length - maxKeptLength} more characters)`;
}

function masked(text: string): string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return maskedBroken(text);
  }
  return JSON.stringify(json, (name, value: unknown) => (secretName.test(name) ? maskValues(value) : value));
}

/** Names stay: what is wrong may be one of them. */
function maskValues(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return mask;
  if (Array.isArray(value)) return value.map(maskValues);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, maskValues(inner)]));
}

/** Of what is no JSON nobody can tell where a value ends. */
function maskedBroken(text: string): string {
  const at = text.search(secretName);
  return at < 0 ? text : `${text.slice(0, at)}${mask} (the rest may hold secrets and is not kept)`;
}
