import type { IncomingMessage } from 'node:http';
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
import type { ScheduledEvents } from './scheduled-events';

export interface ImdsOptions {
  tokenIssuer: TokenIssuer;
  clock: SimulatorClock;
  limitRate: boolean;
}

export interface Answer {
  /** JSON unless given. */
  type?: string;
  body: string;
}

export type Router = (request: IncomingMessage, body: string) => Answer;

const json = (value: unknown): Answer => ({ body: JSON.stringify(value) });

/** What one VM's IMDS answers; refusals are thrown as ImdsError. */
export function createRouter(spec: MachineSpec, options: ImdsOptions, events: ScheduledEvents): Router {
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
