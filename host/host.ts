import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { DurableEngine, FunctionInvoker, HostClock } from './durable/contract';
import { loadApp, type LoadedApp } from './functions/app-loader';
import { applyAzureEnvironment, applyLocalSettings } from './functions/app-settings';
import { ClockControl } from './functions/clock-control';
import { captureConsole } from './functions/console-capture';
import { clientBinding, type WebhookAddress } from './functions/durable/client-binding';
import { DurableInvoker } from './functions/durable/invoker';
import { WebhookEndpoint, webhookPath } from './functions/durable/webhook-endpoint';
import { defineFunctions, type FunctionDefinition } from './functions/function-definitions';
import { FunctionRunner } from './functions/function-runner';
import { readHostConfig, type HostConfig } from './functions/host-config';
import { AdminEndpoint } from './functions/http/admin';
import { KeyAuthorization } from './functions/http/auth';
import { FunctionEndpoint, type HttpFunction } from './functions/http/function-endpoint';
import { sendEmpty } from './functions/http/response';
import { LoopbackServer, type RequestHandler } from './functions/http/server';
import { FunctionInvocations } from './functions/invocation';
import { durableExtensionKey, openKeys, type HostKeys } from './functions/keys';
import { createLog, LogFilter, type Log } from './functions/logging';
import { AppProblems } from './functions/problems';
import { Queues } from './functions/queue/queues';
import { TriggerListeners } from './functions/trigger-listeners';
import { surviveUncaughtErrors } from './functions/uncaught';
import { routeProblems } from './functions/validation';
import { lockState } from './state-lock';

export interface EngineParts {
  invoker: FunctionInvoker;
  clock: HostClock;
  stateDirectory: string;
  hubName: string;
  /** `extensions.durableTask` of host.json. */
  settings: Record<string, unknown>;
  log: Log;
}

export interface HostOptions {
  appDirectory: string;
  stateDirectory: string;
  port: number;
  /** Default host function key; made and kept by the host otherwise. */
  key?: string;
  /** Offer the clock control call. */
  control: boolean;
  writeLog: (text: string) => void;
  systemClock: () => HostClock;
  openEngine: (parts: EngineParts) => DurableEngine | Promise<DurableEngine>;
}

export interface RunningHost {
  url: string;
  masterKey: string;
  functions: { name: string; trigger: string; methods?: string[]; url?: string }[];
  stop(drainMs: number): Promise<void>;
}

const defaultBodyLimit = 100 * 1024 * 1024;

/** Starts the host: reads the configuration, loads the app, opens the engine, then serves. */
export async function startHost(options: HostOptions): Promise<RunningHost> {
  const problems: string[] = [];
  const appDirectory = path.resolve(options.appDirectory);
  applyLocalSettings(appDirectory, process.env, problems);
  applyAzureEnvironment(process.env, appDirectory);
  const config = readHostConfig(appDirectory, process.env, problems);
  const log = createLog(options.writeLog, new LogFilter(config.logLevel));
  captureConsole(log);
  surviveUncaughtErrors(log);
  const unlockState = lockState(options.stateDirectory);

  const front = new SwitchableServer(log);
  const rpc = new SwitchableServer(log);
  const [port, rpcPort] = await Promise.all([front.server.listen(options.port), rpc.server.listen(0)]);
  // The app may ask for its own address while it is being loaded.
  process.env['WEBSITE_HOSTNAME'] = `127.0.0.1:${port}`;

  const app = await loadApp(appDirectory, log).catch((error: unknown) => {
    throw error instanceof AppProblems ? new AppProblems([...problems, ...error.problems]) : error;
  });
  const definitions = readDefinitions(app, config, problems);
  const keys = openKeys(options.stateDirectory, httpFunctions(definitions).map(nameOf), options.key);
  const address = addressOf({ port, rpcPort, keys, config });
  const host = new HostParts({ options, config, app, definitions, keys, address, log });
  await host.openEngine();
  front.handler = host.frontHandler();
  rpc.handler = host.rpcHandler();
  await host.start();
  return {
    url: `http://127.0.0.1:${port}`,
    masterKey: keys.masterKey,
    functions: definitions.map((definition) => describe(definition, config, port)),
    async stop(drainMs) {
      await host.stop(drainMs, { front: front.server, rpc: rpc.server });
      unlockState();
    },
  };
}

/** A server that listens before there is anything to serve, so that its port is known to the app. */
class SwitchableServer {
  handler: RequestHandler = async (_request, response) => sendEmpty(response, 503, { 'retry-after': '1' });
  readonly server: LoopbackServer;

  constructor(log: Log) {
    this.server = new LoopbackServer((request, response) => this.handler(request, response), log);
  }
}

function readDefinitions(app: LoadedApp, config: HostConfig, problems: string[]): FunctionDefinition[] {
  const { functions } = app.registry;
  const registered = [...functions.values()].filter(
    ({ metadata }) => config.onlyFunctions?.includes(metadata.name) ?? true,
  );
  const definitions = defineFunctions(registered, process.env, problems);
  problems.push(...routeProblems(definitions, config));
  if (problems.length > 0) {
    throw new AppProblems(problems);
  }
  return definitions;
}

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
class HostParts {
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

function httpFunctions(definitions: FunctionDefinition[]): HttpFunction[] {
  return definitions.flatMap((definition) =>
    definition.trigger.kind === 'http' && !definition.disabled
      ? [{ definition, trigger: definition.trigger }]
      : [],
  );
}

function nameOf({ definition }: HttpFunction): string {
  return definition.name;
}

function addressOf(given: {
  port: number;
  rpcPort: number;
  keys: HostKeys;
  config: HostConfig;
}): WebhookAddress {
  return {
    baseUrl: `http://127.0.0.1:${given.port}${webhookPath}`,
    systemKey: durableExtensionKey(given.keys),
    hubName: given.config.hubName,
    rpcBaseUrl: `http://127.0.0.1:${given.rpcPort}/${randomBytes(24).toString('hex')}/durabletask/`,
  };
}

function describe(
  { name, trigger }: FunctionDefinition,
  { routePrefix }: HostConfig,
  port: number,
): RunningHost['functions'][number] {
  if (trigger.kind !== 'http') {
    return { name, trigger: trigger.kind };
  }
  const prefix = routePrefix === '' ? '' : `${routePrefix}/`;
  const url = `http://127.0.0.1:${port}/${prefix}${trigger.route.text}`;
  return { name, trigger: trigger.kind, methods: trigger.methods, url };
}

/** As on Azure: 100 MB unless the setting says otherwise. */
function bodyLimit(): number {
  return Number(process.env['FUNCTIONS_REQUEST_BODY_SIZE_LIMIT'] ?? defaultBodyLimit);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
