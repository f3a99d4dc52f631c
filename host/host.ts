import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { loadApp, type LoadedApp } from './functions/app-loader';
import { applyAzureEnvironment, applyLocalSettings } from './functions/app-settings';
import { captureConsole } from './functions/console-capture';
import type { WebhookAddress } from './functions/durable/client-binding';
import { webhookPath } from './functions/durable/webhook-endpoint';
import { defineFunctions, type FunctionDefinition } from './functions/function-definitions';
import { readHostConfig, type HostConfig } from './functions/host-config';
import type { HttpFunction } from './functions/http/function-endpoint';
import { sendEmpty } from './functions/http/response';
import { LoopbackServer, type RequestHandler } from './functions/http/server';
import { durableExtensionKey, openKeys, type HostKeys } from './functions/keys';
import { createLog, LogFilter, type Log } from './functions/logging';
import { AppProblems } from './functions/problems';
import { surviveUncaughtErrors } from './functions/uncaught';
import { routeProblems } from './functions/validation';
import { HostParts, httpFunctions } from './host-parts';
import type { HostOptions, RunningHost } from './options';
import { lockState } from './state-lock';

export type { EngineParts, HostOptions, RunningHost } from './options';

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
