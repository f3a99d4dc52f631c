import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MachineSpec } from '../contract';
import { badRequest, ImdsError } from './errors';
import { createRouter, type ImdsOptions, type Router } from './router';
import { ScheduledEvents } from './scheduled-events';

export interface Imds {
  /** Without a slash at the end. */
  readonly url: string;
  readonly scheduledEvents: ScheduledEvents;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 64 * 1024;
/** IMDS of one VM, on the VM's own address: port 80 as Azure's, or a free one where 80 may not be had. */
export async function startImds(spec: MachineSpec, options: ImdsOptions): Promise<Imds> {
  const scheduledEvents = new ScheduledEvents(spec, options.clock);
  const answer = createRouter(spec, options, scheduledEvents);
  const server = createServer((request, response) => void handle(request, response, answer));
  const port = await listenOn(server, spec.privateIpAddress);
  return {
    url: `http://${spec.privateIpAddress}:${port}`,
    scheduledEvents,
    close: () => {
      scheduledEvents.close();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

async function listenOn(server: Server, address: string): Promise<number> {
  for (const port of [80, 0]) {
    const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once('error', resolve);
      server.listen(port, address, () => {
        server.removeListener('error', resolve);
        resolve(undefined);
      });
    });
    if (!error) return (server.address() as AddressInfo).port;
    if (port === 0 || (error.code !== 'EACCES' && error.code !== 'EADDRINUSE')) throw error;
  }
  throw new Error('unreachable');
}

async function handle(request: IncomingMessage, response: ServerResponse, answer: Router): Promise<void> {
  try {
    const body = await readBody(request);
    const { type = 'application/json; charset=utf-8', body: content } = answer(request, body);
    response.writeHead(200, { 'Content-Type': type, Server: 'IMDS/150.870.65.1854' }).end(content);
  } catch (error) {
    const failure =
      error instanceof ImdsError ? error : new ImdsError(500, { error: 'Internal server error' });
    const headers = { 'Content-Type': 'application/json; charset=utf-8', ...failure.headers };
    response.writeHead(failure.status, headers).end(JSON.stringify(failure.body));
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) throw badRequest('The request body is too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
