import {
  Agent,
  createServer,
  request as send,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/**
 * What becomes of one request. `refuse`: 503, and it goes nowhere. `fail-after`: it goes through, and 500 is answered. `lose-answer`: it
 * goes through, and the connection is cut. `swallow`: 204, and it goes nowhere. `double`: it goes through twice.
 */
export type Verdict = 'pass' | 'refuse' | 'fail-after' | 'lose-answer' | 'swallow' | 'double';
export type Judge = (request: { method: string; path: string }) => Verdict;

interface Answer {
  status: number;
  headers: [string, string][];
  body: Buffer;
}

const hopByHop = ['connection', 'keep-alive', 'transfer-encoding'];

/** An HTTP proxy that understands requests, so that it can let one act and then say that it failed. */
export class FaultProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #agent = new Agent({ keepAlive: true });
  readonly #judges = new Set<Judge>();
  #away = 0;
  /** Requests that did not simply pass, by verdict. */
  readonly counts: Partial<Record<Verdict | 'away', number>> = {};

  private constructor(readonly targetPort: number) {
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.keepAliveTimeout = 60_000;
    this.#server.on('connection', (socket) => {
      if (this.#away > 0) return void this.#drop(socket);
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(targetPort: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(targetPort);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** No connection is taken, and those that are open are cut, until the answer is called. */
  cut(): () => void {
    this.#away++;
    for (const socket of this.#sockets) this.#drop(socket);
    return () => void this.#away--;
  }

  /** The judge has its say about every request, until the answer is called. */
  judge(judge: Judge): () => void {
    this.#judges.add(judge);
    return () => void this.#judges.delete(judge);
  }

  async stop(): Promise<void> {
    this.cut();
    this.#agent.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #drop(socket: Socket): void {
    this.#count('away');
    socket.destroy();
  }

  #count(what: Verdict | 'away'): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await readAll(request);
      const verdict = this.#verdict({ method: request.method ?? 'GET', path: request.url ?? '/' });
      if (verdict !== 'pass') this.#count(verdict);
      const answer = await this.#answer(request, body, verdict);
      if (!answer || this.#away > 0) return void response.destroy();
      response.writeHead(answer.status, answer.headers.flat());
      response.end(answer.body);
    } catch {
      // The target is away: to the caller that is a connection that was cut.
      response.destroy();
    }
  }

  #verdict(request: Parameters<Judge>[0]): Verdict {
    for (const judge of this.#judges) {
      const verdict = judge(request);
      if (verdict !== 'pass') return verdict;
    }
    return 'pass';
  }

  /** Undefined: none comes. */
  async #answer(request: IncomingMessage, body: Buffer, verdict: Verdict): Promise<Answer | undefined> {
    if (verdict === 'refuse') return { status: 503, headers: [], body: Buffer.alloc(0) };
    if (verdict === 'swallow') return { status: 204, headers: [], body: Buffer.alloc(0) };
    if (verdict === 'double') await this.#forward(request, body);
    const answer = await this.#forward(request, body);
    if (verdict === 'lose-answer') return undefined;
    return verdict === 'fail-after' ? { status: 500, headers: [], body: Buffer.alloc(0) } : answer;
  }

  #forward(request: IncomingMessage, body: Buffer): Promise<Answer> {
    const { method, url: path, rawHeaders: headers } = request;
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.targetPort, method, path, headers, agent: this.#agent };
      const forwarded = send(options, (answer) => {
        readAll(answer).then(
          (content) =>
            resolve({ status: answer.statusCode ?? 502, headers: headersOf(answer), body: content }),
          reject,
        );
      });
      forwarded.once('error', reject);
      forwarded.end(body);
    });
  }
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function headersOf({ rawHeaders }: IncomingMessage): [string, string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index < rawHeaders.length; index += 2)
    pairs.push([rawHeaders[index]!, rawHeaders[index + 1]!]);
  return pairs.filter(([name]) => !hopByHop.includes(name.toLowerCase()));
}

/** Of every hundred requests so many go wrong, by a sequence that the caller's generator fixes. */
export function stutter(random: () => number, share: number, kinds: readonly Verdict[]): Judge {
  return () => (random() < share ? kinds[Math.floor(random() * kinds.length)]! : 'pass');
}
