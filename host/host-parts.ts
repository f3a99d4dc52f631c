import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { DurableEngine, HostClock } from './durable/contract';
import type { LoadedApp } from './functions/app-loader';
import { ClockControl } from './functions/clock-control';
import { clientBinding, type WebhookAddress } from './functions/durable/client-binding';
import { DurableInvoker } from './functions/durable/invoker';
import { WebhookEndpoint, webhookPath } from './functions/durable/webhook-endpoint';
import type { FunctionDefinition } from './functions/function-definitions';
import { FunctionRunner } from './functions/function-runner';
import type { HostConfig } from './functions/host-config';
import { AdminEndpoint } from './functions/http/admin';
import { KeyAuthorization } from './functions/http/auth';
import { FunctionEndpoint, type HttpFunction } from './functions/http/function-endpoint';
import { sendEmpty } from './functions/http/response';
import type { LoopbackServer, RequestHandler } from './functions/http/server';
import { FunctionInvocations } from './functions/invocation';
import type { HostKeys } from './functions/keys';
import type { Log } from './functions/logging';
import { Queues } from './functions/queue/queues';
import { TriggerListeners } from './functions/trigger-listeners';
import type { HostOptions } from './options';

const defaultBodyLimit = 100 * 1024 * 1024;

interface Parts {
  options: HostOptions;
  config: HostConfig;
  app: LoadedApp;
  definitions: FunctionDefinition[];
  keys: HostKeys;
  address: WebhookAddress;
  log: Log;
}

/** The host's parts, wired together. */
export class HostParts {
  readonly #parts: Parts;
  readonly #clock: HostClock;
  readonly #control: ClockControl | undefined;
  readonly #invoker: DurableInvoker;
  readonly #triggered: FunctionInvocations;
  readonly #runner: FunctionRunner;
  readonly #listeners: TriggerListeners;
  #engine: DurableEngine | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { app, config, definitions, log, options } = parts;
    this.#control = options.control
      ? new ClockControl(path.join(options.stateDirectory, 'clock.json'))
      : undefined;
    this.#clock = this.#control ?? options.systemClock();
    const queues = new Queues(config.queues.messageEncoding);
    const enabled = definitions.filter(({ disabled }) => !disabled);
    const binding = clientBinding(parts.address);
    const runnerOf = (invocations: FunctionInvocations): FunctionRunner =>
      new FunctionRunner({
        invocations,
        clientBinding: () => binding,
        send: (output, data) => queues.send(output, data),
      });
    this.#triggered = new FunctionInvocations(app.registry, log);
    this.#runner = runnerOf(this.#triggered);
    this.#invoker = new DurableInvoker(enabled, runnerOf(new FunctionInvocations(app.registry, log)));
    this.#listeners = new TriggerListeners({
      definitions: enabled,
      config,
      runner: this.#runner,
      queues,
      clock: this.#clock,
      stateDirectory: options.stateDirectory,
      log,
    });
  }

  async openEngine(): Promise<void> {
    const { config, log, options } = this.#parts;
    this.#engine = await options.openEngine({
      invoker: this.#invoker,
      clock: this.#clock,
      stateDirectory: options.stateDirectory,
      hubName: config.hubName,
      settings: config.durableTask,
      log,
    });
  }

  frontHandler(): RequestHandler {
    const { app, config, definitions, keys, address } = this.#parts;
    const authorization = new KeyAuthorization(keys);
    const functions = new FunctionEndpoint(httpFunctions(definitions), {
      routePrefix: config.routePrefix,
      authorization,
      runner: this.#runner,
      streamUrl: app.streamUrl,
      bodyLimit: bodyLimit(),
    });
    const admin = new AdminEndpoint({
      authorization,
      functions: definitions,
      routePrefix: config.routePrefix,
      runNow: (definition, input) => this.#listeners.runNow(definition, input),
      clock: this.#control,
      hostId: randomBytes(8).toString('hex'),
    });
    const webhooks = this.#webhooks();
    return async (request, response) => {
      const path = request.path.toLowerCase();
      if (path === '/admin' || path.startsWith('/admin/')) {
        await admin.handle(request, response);
      } else if (path === webhookPath || path.startsWith(`${webhookPath}/`)) {
        await (authorization.mayCallExtension(request, 'durabletask_extension')
          ? webhooks.handle(request, response, {
              basePath: webhookPath,
              address: { ...address, baseUrl: `${request.origin}${webhookPath}` },
            })
          : Promise.resolve(sendEmpty(response, 401)));
      } else {
        await functions.handle(request, response);
      }
    };
  }

  rpcHandler(): RequestHandler {
    const { address } = this.#parts;
    const basePath = new URL(address.rpcBaseUrl).pathname;
    const webhooks = this.#webhooks();
    return async (request, response) => {
      if (request.path.startsWith(basePath)) {
        await webhooks.handle(request, response, { basePath, address });
      } else {
        sendEmpty(response, 404);
      }
    };
  }

  async start(): Promise<void> {
    await this.#engine?.start();
    this.#listeners.start();
  }

  /** In-flight functions may still call the durable client, so the engine and its API go last. */
  async stop(drainMs: number, servers: { front: LoopbackServer; rpc: LoopbackServer }): Promise<void> {
    const deadline = performance.now() + drainMs;
    const left = (): number => Math.max(0, deadline - performance.now());
    servers.front.stopAccepting();
    await this.#listeners.stop();
    await this.#triggered.drain(left());
    await Promise.race([this.#listeners.finished(), pause(left())]);
    await this.#engine?.stop(left());
    const { registry } = this.#parts.app;
    await registry.runHooks('appTerminate', {
      hookData: registry.appLevelOnlyHookData,
      appHookData: registry.appHookData,
    });
    servers.front.close();
    servers.rpc.close();
  }

  #webhooks(): WebhookEndpoint {
    if (!this.#engine) {
      throw new Error('The durable engine is not open.');
    }
    const functionNames = (kind: 'orchestrator' | 'entity'): string[] => this.#invoker.names(kind);
    return new WebhookEndpoint({ engine: this.#engine, functionNames }, bodyLimit());
  }
}

export function httpFunctions(definitions: FunctionDefinition[]): HttpFunction[] {
  return definitions.flatMap((definition) =>
    definition.trigger.kind === 'http' && !definition.disabled
      ? [{ definition, trigger: definition.trigger }]
      : [],
  );
}

/** As on Azure: 100 MB unless the setting says otherwise. */
function bodyLimit(): number {
  return Number(process.env['FUNCTIONS_REQUEST_BODY_SIZE_LIMIT'] ?? defaultBodyLimit);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
