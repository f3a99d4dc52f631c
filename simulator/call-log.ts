import { createWriteStream, type WriteStream } from 'node:fs';

export interface LoggedCall {
  at: string;
  method: string;
  url: string;
  operation: string;
  status: number;
  fault?: string;
}

export interface Exchange {
  t: number;
  ms: number;
  method: string;
  url: string;
  requestHeaders: Record<string, unknown>;
  requestBody: unknown;
  status: number;
  responseHeaders: Record<string, unknown>;
  responseBody: unknown;
}

const KEPT_CALLS = 10_000;

/** The calls made so far (the last ones whole, all of them counted), and every ARM exchange in a file where one is wanted. */
export class CallLog {
  private readonly calls: LoggedCall[] = [];
  private readonly counts = new Map<string, number>();
  private readonly file: WriteStream | undefined;

  constructor(recordFile: string | undefined) {
    this.file = recordFile === undefined ? undefined : createWriteStream(recordFile, { flags: 'a' });
  }

  add(call: LoggedCall): void {
    this.counts.set(call.operation, (this.counts.get(call.operation) ?? 0) + 1);
    this.calls.push(call);
    if (this.calls.length > KEPT_CALLS) this.calls.shift();
  }

  /** One line of the format that arm-validate reads; tokens are cut, as its own proxy cuts them. */
  record(exchange: Exchange): void {
    if (!this.file) return;
    const headers = { ...exchange.requestHeaders };
    if (typeof headers['authorization'] === 'string') {
      headers['authorization'] = headers['authorization'].replace(/^(\S+\s+\S{0,6}).*$/, '$1...');
    }
    this.file.write(JSON.stringify({ ...exchange, requestHeaders: headers }) + '\n');
  }

  list(): LoggedCall[] {
    return this.calls;
  }

  countsByOperation(): Record<string, number> {
    return Object.fromEntries([...this.counts].sort());
  }

  clear(): void {
    this.calls.length = 0;
    this.counts.clear();
  }

  close(): Promise<void> {
    const { file } = this;
    return file ? new Promise((resolve) => file.end(resolve)) : Promise.resolve();
  }
}
