import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connectArm, type Arm } from '../../../shared/azure';

export interface SeenRequest {
  method: string;
  /** Without the api-version. */
  path: string;
  query: Record<string, string>;
  authorization: string | undefined;
  body: unknown;
}

export interface ScriptedAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
  /** Closes the connection instead of answering. */
  drop?: boolean;
}

/** An HTTP server that gives scripted answers in order and keeps what it was asked: for what a well-behaved ARM never shows. */
export interface FakeArm {
  arm: Arm;
  url: string;
  requests: SeenRequest[];
  answer(...answers: ScriptedAnswer[]): void;
  reset(): void;
  stop(): Promise<void>;
}

export async function startFakeArm(): Promise<FakeArm> {
  const requests: SeenRequest[] = [];
  const answers: ScriptedAnswer[] = [];
  const server = createServer((request, response) => {
    void readRequest(request).then((seen) => {
      requests.push(seen);
      reply(response, answers.shift() ?? { status: 500, body: { error: { code: 'NoAnswerScripted' } } });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credential = {
    getToken: async () => ({ token: 'token-1', expiresOnTimestamp: Date.now() + 3_600_000 }),
  };
  return {
    arm: connectArm({ endpoint: url, credential }),
    url,
    requests,
    answer: (...next) => answers.push(...next),
    reset() {
      requests.length = 0;
      answers.length = 0;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readRequest(request: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const url = new URL(request.url ?? '', 'http://fake');
  url.searchParams.delete('api-version');
  const query = Object.fromEntries(url.searchParams);
  return {
    method: request.method ?? '',
    path: decodeURIComponent(url.pathname),
    query,
    authorization: request.headers.authorization,
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
  };
}

function reply(response: ServerResponse, answer: ScriptedAnswer): void {
  if (answer.drop) {
    response.destroy();
    return;
  }
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
  response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
}
