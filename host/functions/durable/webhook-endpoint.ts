import type { ServerResponse } from 'node:http';
import { InvalidTokenError } from '../../durable/index';
import { readBody, type HostRequest } from '../http/request';
import { sendEmpty, sendJson } from '../http/response';
import { messageOf } from '../problems';
import type { WebhookAddress } from './client-binding';
import { listEntities, readEntity, signalEntity } from './webhook-entities';
import {
  control,
  getStatus,
  listInstances,
  purgeMany,
  purgeOne,
  raiseEvent,
  rewind,
} from './webhook-instances';
import { restart, startOrchestration } from './webhook-start';
import {
  BadArgument,
  errorAnswer,
  first,
  type WebhookAnswer,
  type WebhookCall,
  type WebhookParts,
} from './webhook-types';

export const webhookPath = '/runtime/webhooks/durabletask';

/** The Durable extension's HTTP API (HttpApiHandler.cs), at its webhook URL and at the local RPC URL. */
export class WebhookEndpoint {
  readonly #parts: WebhookParts;
  readonly #bodyLimit: number;

  constructor(parts: WebhookParts, bodyLimit: number) {
    this.#parts = parts;
    this.#bodyLimit = bodyLimit;
  }

  async handle(
    request: HostRequest,
    response: ServerResponse,
    at: { basePath: string; address: WebhookAddress },
  ): Promise<void> {
    const call = await this.#readCall(request, at);
    const answer = await this.#answer(call);
    if (answer.body === undefined) {
      sendEmpty(response, answer.status, answer.headers);
    } else {
      sendJson(response, answer.status, { body: answer.body, headers: answer.headers });
    }
  }

  async #readCall(
    request: HostRequest,
    at: { basePath: string; address: WebhookAddress },
  ): Promise<WebhookCall> {
    const query = new Map<string, string[]>();
    for (const [name, value] of request.query) {
      query.set(name.toLowerCase(), [...(query.get(name.toLowerCase()) ?? []), value]);
    }
    const segments = request.path
      .slice(at.basePath.length)
      .replace(/^\/+|\/+$/g, '')
      .split('/');
    return {
      method: request.method,
      segments: segments.map(decode),
      query,
      headers: request.raw.headers as Record<string, string | undefined>,
      body: await readBody(request.raw, this.#bodyLimit),
      url: `${request.origin}${request.target}`,
      address: at.address,
    };
  }

  async #answer(call: WebhookCall): Promise<WebhookAnswer> {
    try {
      checkTaskHub(call);
      return (await route(this.#parts, call)) ?? { status: 404 };
    } catch (error) {
      if (error instanceof BadArgument) {
        return error.toAnswer();
      }
      if (error instanceof InvalidTokenError) {
        return new BadArgument(error.message).toAnswer();
      }
      return {
        ...errorAnswer(500, 'Something went wrong while processing your request'),
        body: {
          Message: 'Something went wrong while processing your request',
          ExceptionMessage: messageOf(error),
          ExceptionType: error instanceof Error ? error.name : 'Error',
          StackTrace: error instanceof Error ? error.stack : null,
        },
      };
    }
  }
}

/** The extension would turn to another hub's storage; here there is one hub, and a wrong one is not quietly taken for it. */
function checkTaskHub(call: WebhookCall): void {
  const given = first(call, 'taskHub');
  if (given && given.toLowerCase() !== call.address.hubName.toLowerCase()) {
    throw new BadArgument(`This host serves the task hub '${call.address.hubName}', not '${given}'.`);
  }
}

function route(parts: WebhookParts, call: WebhookCall): Promise<WebhookAnswer> | undefined {
  const [area = '', name, second, third, ...more] = call.segments;
  if (more.length > 0) {
    return undefined;
  }
  switch (area.toLowerCase()) {
    case 'orchestrators':
      return call.method === 'POST' && name && third === undefined
        ? startOrchestration(parts, call, { name, instanceId: second })
        : undefined;
    case 'entities':
      return third === undefined ? routeEntity(parts, call, { name, key: second }) : undefined;
    case 'instances':
      return name === undefined
        ? routeInstances(parts, call)
        : routeInstance(parts, call, {
            instanceId: name,
            operation: second?.toLowerCase(),
            eventName: third,
          });
    default:
      return undefined;
  }
}

function routeEntity(
  parts: WebhookParts,
  call: WebhookCall,
  entity: { name: string | undefined; key: string | undefined },
): Promise<WebhookAnswer> | undefined {
  const { name, key } = entity;
  if (call.method === 'GET') {
    return name !== undefined && key ? readEntity(parts, { name, key }) : listEntities(parts, call, name);
  }
  const signals = call.method === 'POST' || call.method === 'DELETE';
  return signals && name !== undefined ? signalEntity(parts, call, { name, key: key ?? '' }) : undefined;
}

function routeInstances(parts: WebhookParts, call: WebhookCall): Promise<WebhookAnswer> | undefined {
  switch (call.method) {
    case 'GET':
      return listInstances(parts, call);
    case 'DELETE':
      return purgeMany(parts, call);
    default:
      return undefined;
  }
}

function routeInstance(
  parts: WebhookParts,
  call: WebhookCall,
  target: { instanceId: string; operation: string | undefined; eventName: string | undefined },
): Promise<WebhookAnswer> | undefined {
  const { instanceId, operation, eventName } = target;
  if (operation === undefined) {
    switch (call.method) {
      case 'GET':
        return getStatus(parts, call, instanceId);
      case 'DELETE':
        return purgeOne(parts, instanceId);
      default:
        return undefined;
    }
  }
  if (call.method !== 'POST') {
    return undefined;
  }
  if (eventName !== undefined) {
    return operation === 'raiseevent' ? raiseEvent(parts, call, { instanceId, eventName }) : undefined;
  }
  switch (operation) {
    case 'terminate':
    case 'suspend':
    case 'resume':
      return control(parts, call, { instanceId, operation });
    case 'rewind':
      return rewind(parts, instanceId);
    case 'restart':
      return restart(parts, call, instanceId);
    default:
      return undefined;
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
