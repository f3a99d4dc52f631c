import type { OutputStream } from '../../shared/contracts/blob-names';

/** Whose output a line is. */
export interface LineSource {
  jobId: string;
  task: number;
  retry: number;
  attemptId: string;
  worker: string;
  stream: OutputStream;
}

export interface LogRecord {
  atMs: number;
  text: string;
  isCut: boolean;
  source: LineSource;
}

type Attribute = {
  key: string;
  value: { stringValue: string } | { intValue: number } | { boolValue: boolean };
};

const text = (key: string, value: string): Attribute => ({ key, value: { stringValue: value } });
const whole = (key: string, value: number): Attribute => ({ key, value: { intValue: value } });

/** The body of `POST {endpoint}/v1/logs`: OTLP's ExportLogsServiceRequest as JSON. stderr is a stream, no severity: there is none. */
export function exportRequest(records: readonly LogRecord[], vm: { name: string; version: string }): object {
  const resource = {
    attributes: [
      text('service.name', 'muster-task'),
      text('service.version', vm.version),
      text('host.name', vm.name),
    ],
  };
  const scope = { name: 'muster.agent', version: vm.version };
  return { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: records.map(logRecord) }] }] };
}

function logRecord({ atMs, text: line, isCut, source }: LogRecord): object {
  const nanoseconds = `${atMs}000000`;
  return {
    timeUnixNano: nanoseconds,
    observedTimeUnixNano: nanoseconds,
    body: { stringValue: line },
    attributes: [
      text('muster.job.id', source.jobId),
      whole('muster.task', source.task),
      whole('muster.retry', source.retry),
      text('muster.attempt.id', source.attemptId),
      text('muster.worker', source.worker),
      text('log.iostream', source.stream),
      ...(isCut ? [{ key: 'muster.line.cut', value: { boolValue: true } }] : []),
    ],
  };
}

export type ExportOutcome =
  | { kind: 'taken'; rejected: number }
  | { kind: 'retry'; afterMs: number | undefined; message: string }
  | { kind: 'refused'; message: string };

/** OTLP's own list of what may be sent again. */
const retryable = [429, 502, 503, 504];

/** What an answer means; `body`: of a success, which may be a partial one. */
export function outcomeOf(status: number, retryAfterMs: number | undefined, body: unknown): ExportOutcome {
  if (retryable.includes(status))
    return { kind: 'retry', afterMs: retryAfterMs, message: `status ${status}` };
  if (status < 200 || status > 299) return { kind: 'refused', message: `status ${status}` };
  const partial = (body as { partialSuccess?: { rejectedLogRecords?: unknown } } | null)?.partialSuccess;
  // A 64-bit number of OTLP's JSON is a string.
  const rejected = Number(partial?.rejectedLogRecords ?? 0);
  return { kind: 'taken', rejected: Number.isFinite(rejected) ? rejected : 0 };
}
