import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MachineSpec, SimulatorClock, TokenIssuer } from '../contract';
import {
  EVENT_VERSIONS,
  INSTANCE_VERSIONS,
  requireInstanceVersion,
  requireVersion,
  TOKEN_VERSIONS,
} from './api-versions';
import { renderPath } from './document-path';
import { badRequest, ImdsError, invalidTokenRequest, methodNotAllowed, notFound } from './errors';
import { identityToken } from './identity-token';
import { instanceDocument } from './instance-document';
import { RateLimit } from './rate-limit';
import { ScheduledEvents } from './scheduled-events';

export interface Imds {
  /** Without a slash at the end. */
  readonly url: string;
  readonly scheduledEvents: ScheduledEvents;
  close(): Promise<void>;
}

export interface ImdsOptions {
  tokenIssuer: TokenIssuer;
  clock: SimulatorClock;
  limitRate: boolean;
}

interface Answer {
  type?: string;
  body: string;
}

const MAX_BODY_BYTES = 64 * 1024;
const json = (value: unknown): Answer => ({ body: JSON.stringify(value) });

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

type Router = (request: IncomingMessage, body: string) => Answer;

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

function createRouter(spec: MachineSpec, options: ImdsOptions, events: ScheduledEvents): Router {
  const document = instanceDocument(spec);
  const now = () => options.clock.now();
  const limits = { any: new RateLimit(5, 25, now), identity: new RateLimit(20, 25, now) };

  return (request, body) => {
    const url = new URL(request.url ?? '/', 'http://imds');
    const segments = url.pathname
      .toLowerCase()
      .split('/')
      .filter((segment) => segment !== '');
    const isIdentity = segments[1] === 'identity';
    requireMetadataHeaders(request, isIdentity);
    if (options.limitRate) limits[isIdentity ? 'identity' : 'any'].take();
    const version = url.searchParams.get('api-version');
    if (segments[0] !== 'metadata') throw notFound();
    switch (segments.slice(1).join('/')) {
      case 'versions':
        requireGet(request);
        return json({ apiVersions: INSTANCE_VERSIONS });
      case 'scheduledevents':
        requireVersion(version, EVENT_VERSIONS);
        return answerEvents(request, body, { events, version: version ?? '' });
      case 'identity/oauth2/token':
        requireGet(request);
        requireVersion(version, TOKEN_VERSIONS);
        return json(identityToken(url.searchParams, { spec, ...options }));
      case 'attested/document':
        throw new ImdsError(501, {
          error: 'Not implemented. The simulator has no key that Azure would have signed',
        });
      default:
        if (segments[1] !== 'instance') throw notFound();
        requireGet(request);
        requireInstanceVersion(version);
        return renderPath(
          document,
          segments.slice(2),
          url.searchParams.get('format')?.toLowerCase() ?? 'json',
        );
    }
  };
}

function requireMetadataHeaders(request: IncomingMessage, isIdentity: boolean): void {
  const refuse = (detail: string) => (isIdentity ? invalidTokenRequest(detail) : badRequest(detail));
  if (String(request.headers['metadata']).toLowerCase() !== 'true')
    throw refuse('Required metadata header not specified');
  // A request that came through a proxy may have been asked for by somebody outside the VM.
  if (request.headers['x-forwarded-for'] !== undefined)
    throw refuse('Request contains X-Forwarded-For header');
}

function requireGet(request: IncomingMessage): void {
  if (request.method !== 'GET') throw methodNotAllowed();
}

function answerEvents(
  request: IncomingMessage,
  body: string,
  target: { events: ScheduledEvents; version: string },
): Answer {
  if (request.method === 'POST') {
    target.events.approve(body);
    return { body: '' };
  }
  requireGet(request);
  return json(target.events.document(target.version));
}
