import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { InvocationResponse, ParameterBinding } from '../core-types';
import type { FunctionDefinition } from '../function-definitions';
import type { FunctionRunner } from '../function-runner';
import type { HttpTrigger } from '../triggers';
import type { KeyAuthorization } from './auth';
import { readBody, toHttpData, toStreamMetadata, type HostRequest } from './request';
import { sendEmpty, sendFunctionResult } from './response';
import { Router } from './router';
import { StreamedExchange } from './stream-proxy';
import { isStillUnanswered, readyForMore } from './stream-watch';
import { tieToClient } from './tied-body';

export interface HttpFunction {
  definition: FunctionDefinition;
  trigger: HttpTrigger;
}

interface Exchange {
  request: HostRequest;
  response: ServerResponse;
}

/** Serves the HTTP-triggered functions of the app. */
export class FunctionEndpoint {
  readonly #router: Router<HttpFunction>;
  readonly #options: EndpointOptions;

  constructor(functions: HttpFunction[], options: EndpointOptions) {
    this.#options = options;
    this.#router = new Router(
      functions.map((target) => ({
        template: target.trigger.route,
        methods: target.trigger.methods,
        target,
      })),
    );
  }

  async handle(request: HostRequest, response: ServerResponse): Promise<void> {
    const path = this.#withoutPrefix(request.path);
    const match = path === undefined ? undefined : this.#router.match(request.method, path);
    if (!match) {
      sendEmpty(response, 404);
      return;
    }
    const { definition, trigger } = match.target;
    if (!this.#options.authorization.mayCall(request, definition.name, trigger.authLevel)) {
      sendEmpty(response, 401);
      return;
    }
    const exchange = { request, response };
    await (this.#options.streamUrl === undefined
      ? this.#runBuffered(exchange, definition, match.params)
      : this.#runStreamed(exchange, definition, match.params));
  }

  #withoutPrefix(path: string): string | undefined {
    const prefix = this.#options.routePrefix;
    if (prefix === '') {
      return path;
    }
    const [start, rest] = [path.slice(1, prefix.length + 1), path.slice(prefix.length + 1)];
    const isUnder = start.toLowerCase() === prefix.toLowerCase() && (rest === '' || rest.startsWith('/'));
    return isUnder ? rest : undefined;
  }

  async #runBuffered(
    { request, response }: Exchange,
    definition: FunctionDefinition,
    params: Record<string, string>,
  ): Promise<void> {
    const body = await readBody(request.raw, this.#options.bodyLimit);
    const invocationId = randomUUID();
    const result = await this.#invoke(definition, request, {
      invocationId,
      inputData: [{ name: definition.triggerBinding, data: { http: toHttpData(request, params, body) } }],
    });
    if (result) {
      sendFunctionResult(response, invocationId, result.returnValue ?? undefined);
    } else {
      sendEmpty(response, 500, { 'x-ms-invocation-id': invocationId });
    }
  }

  async #runStreamed(
    { request, response }: Exchange,
    definition: FunctionDefinition,
    params: Record<string, string>,
  ): Promise<void> {
    const invocationId = randomUUID();
    const gone = goneSignal(response);
    const exchange = new StreamedExchange(
      { request, response },
      { streamUrl: this.#options.streamUrl ?? '', invocationId, bodyLimit: this.#options.bodyLimit },
    );
    if (!(await exchange.arrived)) {
      response.destroy();
      return;
    }
    const result = await this.#invoke(definition, request, {
      invocationId,
      inputData: [{ name: definition.triggerBinding, data: { http: {} } }],
      triggerMetadata: toStreamMetadata(request, params),
      mapResult: (result) => tieToClient(result, { gone, ready: () => readyForMore(invocationId) }),
    });
    if (!result || isStillUnanswered(invocationId)) {
      exchange.abort();
      if (!response.headersSent && !response.destroyed) {
        sendEmpty(response, result ? 204 : 500, { 'x-ms-invocation-id': invocationId });
      }
    }
  }

  /** Undefined when the function failed; the failure is in the log, the client is told nothing of it. */
  async #invoke(
    definition: FunctionDefinition,
    request: HostRequest,
    call: Pick<Parameters<FunctionRunner['run']>[1], 'invocationId' | 'triggerMetadata' | 'mapResult'> & {
      inputData: ParameterBinding[];
    },
  ): Promise<InvocationResponse | undefined> {
    const traceParent = request.raw.headers['traceparent'];
    try {
      return await this.#options.runner.run(definition, {
        reason: 'This function was programmatically called via the host APIs.',
        traceParent: typeof traceParent === 'string' ? traceParent : undefined,
        ...call,
      });
    } catch {
      return undefined;
    }
  }
}

export interface EndpointOptions {
  routePrefix: string;
  authorization: KeyAuthorization;
  runner: FunctionRunner;
  streamUrl: string | undefined;
  bodyLimit: number;
}

function goneSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) {
      controller.abort();
    }
  });
  return controller.signal;
}
