import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { watchStreamServer } from './http/stream-watch';
import { AppRegistry, createCoreModule, provideCoreModule } from './core-module';
import { parseJsonWithComments } from './json-with-comments';
import type { Log } from './logging';
import { AppProblems, messageOf } from './problems';

export interface LoadedApp {
  directory: string;
  registry: AppRegistry;
  /** Where the library listens for streamed HTTP (`app.setup({ enableHttpStream: true })`); undefined otherwise. */
  streamUrl: string | undefined;
}

interface PackageJson {
  main?: string;
  type?: string;
}

/** Loads an app as Azure's Node worker does: package.json `main` as a glob, app-start hooks, capabilities. */
export async function loadApp(directory: string, log: Log): Promise<LoadedApp> {
  const registry = new AppRegistry();
  provideCoreModule(createCoreModule(registry, log));
  const packageJson = readPackageJson(directory);
  for (const file of entryPoints(directory, packageJson)) {
    log({ level: 'debug', category: 'Worker', message: `Loading entry point file "${file}"` });
    await loadFile(path.join(directory, file), packageJson).catch((error: unknown) => {
      const stack = error instanceof Error ? error.stack : undefined;
      log({ level: 'error', category: 'Worker', message: stack ?? messageOf(error) });
      throw new AppProblems([`Worker was unable to load entry point "${file}": ${messageOf(error)}`]);
    });
  }
  await registry.runHooks('appStart', {
    hookData: registry.appLevelOnlyHookData,
    appHookData: registry.appHookData,
    functionAppDirectory: directory,
  });
  const streamUrl = await readStreamUrl(registry);
  registry.locked = true;
  return { directory, registry, streamUrl };
}

function readPackageJson(directory: string): PackageJson {
  const file = path.join(directory, 'package.json');
  if (!existsSync(file)) {
    throw new AppProblems([`${file} does not exist: --app must name the folder of a functions app.`]);
  }
  return parseJsonWithComments(readFileSync(file, 'utf8')) as PackageJson;
}

function entryPoints(directory: string, { main }: PackageJson): string[] {
  if (!main) {
    throw new AppProblems([
      'package.json has no "main": it must name the files that register the functions.',
    ]);
  }
  const files = globSync(main, { cwd: directory })
    .filter((file) => statSync(path.join(directory, file)).isFile())
    .sort();
  if (files.length === 0) {
    const reason = /[*?{[(!]/.test(main)
      ? 'Found zero files matching the supplied pattern'
      : 'File does not exist';
    throw new AppProblems([`Worker was unable to load entry point "${main}": ${reason}`]);
  }
  return files;
}

async function loadFile(file: string, { type }: PackageJson): Promise<void> {
  const isEsModule = file.endsWith('.mjs') || (!file.endsWith('.cjs') && type === 'module');
  if (isEsModule) {
    await import(pathToFileURL(file).href);
  } else {
    createRequire(file)(file);
  }
}

const workerCapabilities = {
  RawHttpBodyBytes: 'true',
  RpcHttpTriggerMetadataRemoved: 'true',
  RpcHttpBodyOnly: 'true',
  IgnoreEmptyValuedRpcHttpHeaders: 'true',
  UseNullableValueDictionaryForHttp: 'true',
  WorkerStatus: 'true',
  TypedDataCollection: 'true',
  HandlesWorkerTerminateMessage: 'true',
};

async function readStreamUrl(registry: AppRegistry): Promise<string | undefined> {
  const model = registry.programmingModel;
  if (!model?.getCapabilities) {
    return undefined;
  }
  const capabilities = await onLoopbackOnly(async () => model.getCapabilities?.({ ...workerCapabilities }));
  const uri = capabilities?.['HttpUri'];
  return uri?.replace('//localhost:', '//127.0.0.1:');
}

/**
 * The library opens its proxy server with a bare `listen()`, that is on every interface, and trusts whoever
 * connects. Inside Azure's sandbox nobody can; here the call is narrowed to the loopback address.
 */
async function onLoopbackOnly<T>(work: () => Promise<T>): Promise<T> {
  const listen = net.Server.prototype.listen;
  net.Server.prototype.listen = function (this: net.Server, ...args: unknown[]) {
    watchStreamServer(this);
    const bare = args.length === 0 || typeof args[0] === 'function';
    return Reflect.apply(listen, this, bare ? [0, '127.0.0.1', ...args] : args) as net.Server;
  } as typeof listen;
  try {
    return await work();
  } finally {
    net.Server.prototype.listen = listen;
  }
}
