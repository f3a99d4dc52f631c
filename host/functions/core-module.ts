import Module from 'node:module';
import type {
  FunctionCallback,
  FunctionMetadata,
  HookCallback,
  LogLevel,
  ProgrammingModel,
} from './core-types';
import type { Log } from './logging';

/** Reported as `coreApi.version` and `hostVersion`; @azure/functions only asks that they exist. */
const workerVersion = '3.12.0';
const hostVersion = '4.1037.0';

export interface RegisteredFunction {
  metadata: FunctionMetadata;
  callback: FunctionCallback;
}

export const hookNames = ['preInvocation', 'postInvocation', 'appStart', 'appTerminate', 'log'] as const;
export type HookName = (typeof hookNames)[number];

/** What the app registered through `@azure/functions-core` while it was loaded. */
export class AppRegistry {
  readonly functions = new Map<string, RegisteredFunction>();
  readonly hooks: Record<HookName, HookCallback[]> = {
    preInvocation: [],
    postInvocation: [],
    appStart: [],
    appTerminate: [],
    log: [],
  };
  readonly appHookData: Record<string, unknown> = {};
  readonly appLevelOnlyHookData: Record<string, unknown> = {};
  programmingModel: ProgrammingModel | undefined;
  /** Set once the functions were listed; from then on Azure's worker refuses registrations too. */
  locked = false;

  get anyInvocationHook(): boolean {
    return this.hooks.preInvocation.length + this.hooks.postInvocation.length > 0;
  }

  async runHooks(name: HookName, context: object): Promise<void> {
    for (const hook of this.hooks[name]) {
      await hook(context);
    }
  }
}

class Disposable {
  static from(...items: { dispose: () => unknown }[]): Disposable {
    return new Disposable(() => items.forEach((item) => item.dispose()));
  }

  #callOnDispose: (() => unknown) | undefined;

  constructor(callOnDispose: () => unknown) {
    this.#callOnDispose = callOnDispose;
  }

  dispose(): unknown {
    const call = this.#callOnDispose;
    this.#callOnDispose = undefined;
    return call?.();
  }
}

/** The module Azure's worker supplies at run time and no registry has. */
export function createCoreModule(registry: AppRegistry, log: Log): object {
  return {
    version: workerVersion,
    hostVersion,
    Disposable,
    registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) =>
      registerFunction(registry, metadata, callback),
    registerHook: (name: string, callback: HookCallback) => registerHook(registry, name, callback),
    setProgrammingModel: (model: ProgrammingModel) => void (registry.programmingModel = model),
    getProgrammingModel: () => registry.programmingModel,
    log: (level: LogLevel, _category: string, message: string) => log({ level, category: 'Worker', message }),
  };
}

function registerFunction(
  registry: AppRegistry,
  metadata: FunctionMetadata,
  callback: FunctionCallback,
): Disposable {
  if (registry.locked) {
    throw new Error('A function can only be registered during app startup.');
  }
  const functionId = metadata.functionId ?? metadata.name;
  if (registry.functions.has(functionId)) {
    throw new Error(`A function with id "${functionId}" has already been registered.`);
  }
  registry.functions.set(functionId, { metadata: { ...metadata, functionId }, callback });
  return new Disposable(() => {
    if (registry.locked) {
      throw new Error('A function can only be disposed during app startup.');
    }
    registry.functions.delete(functionId);
  });
}

function registerHook(registry: AppRegistry, name: string, callback: HookCallback): Disposable {
  const known = hookNames.find((hookName) => hookName === name);
  if (!known) {
    throw new RangeError(`Unrecognized hook "${name}"`);
  }
  const hooks = registry.hooks[known];
  hooks.push(callback);
  return new Disposable(() => {
    const index = hooks.indexOf(callback);
    if (index >= 0) {
      hooks.splice(index, 1);
    }
  });
}

/**
 * Makes `require('@azure/functions-core')` answer `coreModule`, wherever the app's packages live.
 * The worker does the same (src/setupCoreModule.ts): the module cannot be resolved from disk.
 */
export function provideCoreModule(coreModule: object): void {
  const prototype = Module.prototype as { require: (id: string) => unknown };
  prototype.require = new Proxy(prototype.require, {
    apply: (target, self, args: [string]) =>
      args[0] === '@azure/functions-core' ? coreModule : Reflect.apply(target, self, args),
  });
}
