import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP proxy that can be cut, and that can lose an answer after the request has gone through. */
export class CutProxy {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #isCut = false;
  #loseNext: RegExp | undefined;
  lostAnswers = 0;

  private constructor(target: number) {
    this.#server = createServer((client) => this.#join(client, target));
  }

  static async start(target: number): Promise<CutProxy> {
    const proxy = new CutProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Called with the head of what comes. */
  onRequest: ((head: string) => void) | undefined;

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  /** The next request whose head matches is forwarded whole; its connection is cut instead of answered. */
  loseAnswerTo(request: RegExp): void {
    this.#loseNext = request;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, target: number): void {
    if (this.#isCut) return void client.destroy();
    const upstream = connect(target, '127.0.0.1');
    let isLosing = false;
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (data) => {
      this.onRequest?.(data.toString('latin1'));
      if (this.#isCut) return;
      if (this.#loseNext?.test(data.toString('latin1'))) {
        this.#loseNext = undefined;
        isLosing = true;
      }
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (!isLosing) return void client.write(data);
      this.lostAnswers++;
      client.destroy();
    });
  }
}
