import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of one call: refused as too much, lost on its way there, or carried out and its answer lost. */
export type Fault = { status: 429 | 503; retryAfter?: string } | 'lost' | 'answer-lost';

export interface FlakyProxy {
  url: string;
  /** Method and path of every call that came, in their order. */
  calls: string[];
  /** The next calls of the method fare so, one each; those after them pass. */
  fail(method: string, ...faults: Fault[]): void;
  /** Breaks every connection that is open. */
  cut(): void;
  close(): Promise<void>;
}

/** Stands before a control plane and spoils calls as it is told. */
export async function startFlakyProxy(target: string): Promise<FlakyProxy> {
  const calls: string[] = [];
  const faults = new Map<string, Fault[]>();
  const server = createServer((incoming, outgoing) => {
    calls.push(`${incoming.method} ${incoming.url?.split('?')[0]}`);
    const fault = faults.get(incoming.method ?? '')?.shift();
    if (fault === 'lost') incoming.socket.destroy();
    else if (typeof fault === 'object') refuse(incoming, outgoing, fault);
    else forward(target, { incoming, outgoing, isAnswerLost: fault === 'answer-lost' });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    fail: (method, ...next) => void faults.set(method, next),
    cut: () => server.closeAllConnections(),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function refuse(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { status, retryAfter }: Exclude<Fault, string>,
): void {
  incoming.resume();
  incoming.once('end', () => {
    outgoing.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter });
    outgoing.end('<html>busy</html>');
  });
}

interface Exchange {
  incoming: IncomingMessage;
  outgoing: ServerResponse;
  isAnswerLost: boolean;
}

function forward(target: string, { incoming, outgoing, isAnswerLost }: Exchange): void {
  const { method, headers } = incoming;
  const onward = request(new URL(incoming.url ?? '/', target), { method, headers }, (answer) => {
    if (isAnswerLost) {
      answer.resume();
      answer.once('end', () => incoming.socket.destroy());
      return;
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on('error', () => incoming.socket.destroy());
  incoming.pipe(onward);
}
