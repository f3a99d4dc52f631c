/** One JSON line per event on stderr. Tokens and SAS signatures never get in: callers pass facts, errors are redacted. */
export type LogLevel = 'debug' | 'info' | 'warning' | 'error';
export type LogFields = Record<string, unknown>;
export type Log = (level: LogLevel, event: string, fields?: LogFields) => void;

const signature = /((?:^|[?&])sig=)[^&\s"']+/gi;
const bearer = /(Bearer\s+)\S+/gi;

export function redact(text: string): string {
  return text.replace(signature, '$1***').replace(bearer, '$1***');
}

/** What of an error may be logged: the SDK's errors carry the whole request, whose URL is a secret. */
export function describeError(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: redact(String(error)) };
  const { code, statusCode, cause } = error as Error & { code?: unknown; statusCode?: unknown };
  return {
    error: redact(error.message.split('\n')[0] ?? ''),
    ...(code === undefined ? {} : { code: String(code) }),
    ...(statusCode === undefined ? {} : { statusCode }),
    ...(cause instanceof Error ? { cause: redact(cause.message) } : {}),
  };
}

export function createLog(write: (line: string) => void, now: () => Date = () => new Date()): Log {
  return (level, event, fields = {}) => {
    write(`${JSON.stringify({ time: now().toISOString(), level, event, ...fields })}\n`);
  };
}

export function withFields(log: Log, bound: LogFields): Log {
  return (level, event, fields = {}) => log(level, event, { ...bound, ...fields });
}
