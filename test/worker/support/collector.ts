import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CollectedLine {
  text: string;
  attributes: Record<string, unknown>;
}

interface Value {
  stringValue?: string;
  intValue?: number;
  boolValue?: boolean;
}
interface ExportRequest {
  resourceLogs: {
    scopeLogs: { logRecords: { body: Value; attributes: { key: string; value: Value }[] }[] }[];
  }[];
}

/** A collector of OpenTelemetry logs: takes what agents send, or answers what a test says. */
export class Collector {
  readonly lines: CollectedLine[] = [];
  readonly requests: { path: string; authorization: string | undefined; contentType: string | undefined }[] =
    [];
  /** What it answers next in place of taking a batch. */
  readonly refusals: number[] = [];
  /** While true nothing is answered. */
  isStuck = false;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const { authorization, 'content-type': contentType } = request.headers;
      this.requests.push({ path: request.url ?? '', authorization, contentType });
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (this.isStuck) return;
        const status = this.refusals.shift() ?? 200;
        if (status === 200) this.#take(JSON.parse(Buffer.concat(chunks).toString()) as ExportRequest);
        response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '0' }).end('{}');
      });
    });
  }

  static async start(): Promise<Collector> {
    const collector = new Collector();
    await new Promise<void>((resolve) => collector.#server.listen(0, '127.0.0.1', resolve));
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Text of one stream, line by line. */
  textOf(stream: string): string[] {
    return this.lines.filter((line) => line.attributes['log.iostream'] === stream).map((line) => line.text);
  }

  #take({ resourceLogs }: ExportRequest): void {
    for (const { body, attributes } of resourceLogs.flatMap((one) =>
      one.scopeLogs.flatMap((scope) => scope.logRecords),
    )) {
      const named = attributes.map(({ key, value }) => [key, Object.values(value as object)[0] as unknown]);
      this.lines.push({ text: body.stringValue ?? '', attributes: Object.fromEntries(named) });
    }
  }
}
