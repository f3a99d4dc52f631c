import type { LogSinkSettings } from '../../shared/contracts/worker-protocol';
import { backoffMs, parseRetryAfter, sleep } from '../backoff';
import { describeError, type Log } from '../log';
import { exportRequest, outcomeOf, type ExportOutcome, type LogRecord } from './otlp';

export const sinkLimits = {
  heldBytes: 4 << 20,
  batchRecords: 1000,
  batchBytes: 512 << 10,
  flushMs: 1000,
  requestMs: 10_000,
  attempts: 5,
  retry: { baseMs: 500, maxMs: 15_000 },
};

/** What a record takes in memory beside its text, at the most. */
const recordBytes = 300;

interface SinkParts {
  settings: LogSinkSettings;
  vm: { name: string; version: string };
  log: Log;
  limits?: typeof sinkLimits;
}

/**
 * Sends lines of tasks to an OpenTelemetry collector, by OTLP/HTTP in JSON.
 * INVARIANTS: `add` never waits and never throws. At most `heldBytes` are held; what comes beyond is dropped and counted, which is said
 * once. One batch is under way at a time; one that cannot be sent within its attempts is dropped too.
 */
export class LogSink {
  readonly #parts: SinkParts;
  readonly #limits: typeof sinkLimits;
  readonly #closing = new AbortController();
  readonly #cutOff = new AbortController();
  #held: LogRecord[] = [];
  #heldBytes = 0;
  #dropped = 0;
  #due = new AbortController();
  readonly #sending: Promise<void>;

  constructor(parts: SinkParts) {
    this.#parts = parts;
    this.#limits = parts.limits ?? sinkLimits;
    this.#sending = this.#run();
  }

  get dropped(): number {
    return this.#dropped;
  }

  add(record: LogRecord): void {
    const bytes = sizeOf(record);
    if (this.#heldBytes + bytes > this.#limits.heldBytes || this.#closing.signal.aborted)
      return this.#drop(1, 'more is written than the collector takes');
    this.#held.push(record);
    this.#heldBytes += bytes;
    if (this.#heldBytes >= this.#limits.batchBytes || this.#held.length >= this.#limits.batchRecords)
      this.#due.abort();
  }

  /** Sends what is held, for so long at the most. */
  async close(withinMs: number): Promise<void> {
    this.#closing.abort();
    const timer = setTimeout(() => this.#cutOff.abort(), withinMs);
    await this.#sending;
    clearTimeout(timer);
    if (this.#held.length > 0) this.#drop(this.#held.length, 'the agent ends');
    if (this.#dropped > 0) this.#parts.log('warning', 'logs-dropped', { lines: this.#dropped });
  }

  async #run(): Promise<void> {
    while (!this.#cutOff.signal.aborted) {
      await sleep(this.#limits.flushMs, this.#due.signal, this.#closing.signal);
      const batch = this.#take();
      if (batch.length > 0) await this.#send(batch);
      else if (this.#closing.signal.aborted) return;
    }
  }

  #take(): LogRecord[] {
    let [count, bytes] = [0, 0];
    for (const record of this.#held) {
      if (
        count === this.#limits.batchRecords ||
        (count > 0 && bytes + sizeOf(record) > this.#limits.batchBytes)
      )
        break;
      count++;
      bytes += sizeOf(record);
    }
    this.#due = new AbortController();
    const batch = this.#held.slice(0, count);
    this.#held = this.#held.slice(count);
    this.#heldBytes -= bytes;
    if (this.#held.length >= this.#limits.batchRecords || this.#heldBytes >= this.#limits.batchBytes)
      this.#due.abort();
    return batch;
  }

  async #send(batch: LogRecord[]): Promise<void> {
    const body = JSON.stringify(exportRequest(batch, this.#parts.vm));
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#post(body);
      if (outcome.kind === 'taken')
        return outcome.rejected > 0 ? this.#drop(outcome.rejected, 'the collector rejected some') : undefined;
      const isLast = attempt >= this.#limits.attempts || this.#cutOff.signal.aborted;
      if (outcome.kind === 'refused' || isLast) return this.#drop(batch.length, outcome.message);
      const afterMs = Math.max(outcome.afterMs ?? 0, backoffMs(attempt - 1, this.#limits.retry));
      await sleep(Math.min(afterMs, 4 * this.#limits.retry.maxMs), this.#cutOff.signal);
    }
  }

  async #post(body: string): Promise<ExportOutcome> {
    const { endpoint, headers } = this.#parts.settings;
    try {
      const response = await fetch(`${endpoint.replace(/\/+$/, '')}/v1/logs`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body,
        redirect: 'error',
        signal: limited(this.#limits.requestMs, this.#cutOff.signal),
      });
      const text = await response.text();
      const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'));
      return outcomeOf(response.status, retryAfterMs, parseJson(text));
    } catch (error) {
      return { kind: 'retry', afterMs: undefined, message: String(describeError(error).error) };
    }
  }

  /** Said at the first line that is lost; how many there were, at the end. */
  #drop(lines: number, reason: string): void {
    if (this.#dropped === 0 && lines > 0)
      this.#parts.log('warning', 'logs-not-sent', { reason, endpoint: this.#parts.settings.endpoint });
    this.#dropped += lines;
  }
}

function sizeOf({ text }: LogRecord): number {
  return recordBytes + 2 * text.length;
}

/** Node 18 has no AbortSignal.any. */
function limited(ms: number, ...signals: AbortSignal[]): AbortSignal {
  const either = new AbortController();
  const end = (): void => {
    clearTimeout(timer);
    either.abort();
  };
  const timer = setTimeout(end, ms).unref();
  for (const signal of signals) {
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true, signal: either.signal });
  }
  return either.signal;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
