import { randomUUID } from 'node:crypto';
import { runningFunction } from './console-capture';
import type { AppRegistry, RegisteredFunction } from './core-module';
import type {
  CoreInvocationContext,
  InvocationModel,
  InvocationRequest,
  InvocationResponse,
  LogHookContext,
  ParameterBinding,
  TypedData,
} from './core-types';
import type { Log } from './logging';
import { messageOf } from './problems';

export interface InvocationInput {
  invocationId?: string;
  /** Why it runs, as Azure logs it. */
  reason: string;
  inputData: ParameterBinding[];
  triggerMetadata?: Record<string, TypedData>;
  traceParent?: string;
  retryContext?: InvocationRequest['retryContext'];
  /** What is to be made of the handler's result before the library reads it. */
  mapResult?: (result: unknown) => unknown;
}

/** Runs functions through the app's own invocation model, as the worker's InvocationHandler does. */
export class FunctionInvocations {
  readonly #registry: AppRegistry;
  readonly #log: Log;
  #running = 0;
  #idle: (() => void)[] = [];

  constructor(registry: AppRegistry, log: Log) {
    this.#registry = registry;
    this.#log = log;
  }

  get running(): number {
    return this.#running;
  }

  async invoke(fn: RegisteredFunction, input: InvocationInput): Promise<InvocationResponse> {
    const invocationId = input.invocationId ?? randomUUID();
    const { name } = fn.metadata;
    const category = `Function.${name}`;
    this.#log({
      level: 'information',
      category,
      invocationId,
      message: `Executing 'Functions.${name}' (Reason='${input.reason}', Id=${invocationId})`,
    });
    const started = performance.now();
    this.#running += 1;
    try {
      const response = await runningFunction.run({ functionName: name, invocationId }, () =>
        this.#run(fn, invocationId, input),
      );
      this.#logEnd({ name, invocationId, started });
      return response;
    } catch (error) {
      this.#logEnd({ name, invocationId, started, error });
      throw error;
    } finally {
      this.#running -= 1;
      this.#tellIdle();
    }
  }

  /** Resolves when no function runs, at the latest after `timeoutMs`. */
  async drain(timeoutMs: number): Promise<void> {
    if (this.#running === 0) {
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#idle.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #tellIdle(): void {
    if (this.#running === 0) {
      this.#idle.splice(0).forEach((tell) => tell());
    }
  }

  async #run(
    fn: RegisteredFunction,
    invocationId: string,
    input: InvocationInput,
  ): Promise<InvocationResponse> {
    const core = this.#coreContext(fn, invocationId, input);
    const model = this.#registry.programmingModel;
    if (!model) {
      throw new Error('No programming model has been set: the app does not use @azure/functions.');
    }
    const invocation = await model.getInvocationModel(core);
    const { context, inputs } = await invocation.getArguments();
    core.invocationContext = context;
    const result = this.#registry.anyInvocationHook
      ? await this.#runWithHooks(fn, { core, invocation, context, inputs })
      : await this.#runPlain(fn, { core, invocation, context, inputs });
    return invocation.getResponse(context, input.mapResult ? input.mapResult(result) : result);
  }

  async #runPlain(fn: RegisteredFunction, parts: InvocationParts): Promise<unknown> {
    parts.core.state = 'invocation';
    try {
      return await parts.invocation.invokeFunction(parts.context, parts.inputs, fn.callback);
    } finally {
      parts.core.state = undefined;
    }
  }

  async #runWithHooks(fn: RegisteredFunction, parts: InvocationParts): Promise<unknown> {
    const { core, invocation, context } = parts;
    const shared = {
      hookData: core.hookData,
      appHookData: this.#registry.appHookData,
      invocationContext: context,
    };
    const before = { ...shared, functionCallback: fn.callback, inputs: parts.inputs };
    await this.#inState(core, 'preInvocationHooks', () => this.#registry.runHooks('preInvocation', before));

    const after: { result: unknown; error: unknown } & Record<string, unknown> = {
      ...shared,
      inputs: before.inputs,
      result: null,
      error: null,
    };
    await this.#inState(core, 'invocation', async () => {
      try {
        after.result = await invocation.invokeFunction(context, before.inputs, before.functionCallback);
      } catch (error) {
        after.error = error;
      }
    });
    await this.#inState(core, 'postInvocationHooks', () => this.#registry.runHooks('postInvocation', after));
    if (after.error !== null && after.error !== undefined) {
      throw after.error;
    }
    return after.result;
  }

  async #inState(
    core: CoreInvocationContext,
    state: CoreInvocationContext['state'],
    work: () => Promise<void>,
  ): Promise<void> {
    core.state = state;
    try {
      await work();
    } finally {
      core.state = undefined;
    }
  }

  #coreContext(fn: RegisteredFunction, invocationId: string, input: InvocationInput): CoreInvocationContext {
    const { metadata } = fn;
    const [registry, log] = [this.#registry, this.#log];
    return {
      invocationId,
      metadata,
      hookData: {},
      request: {
        invocationId,
        functionId: metadata.functionId ?? metadata.name,
        inputData: input.inputData,
        triggerMetadata: input.triggerMetadata ?? {},
        traceContext: {
          traceParent: input.traceParent ?? newTraceParent(),
          traceState: '',
          attributes: {},
        },
        retryContext: input.retryContext,
      },
      log(level, category, message) {
        const line: LogHookContext = {
          ...{ level, message, category, invocationContext: this.invocationContext },
          ...{ hookData: this.hookData, appHookData: registry.appHookData },
        };
        registry.hooks.log.forEach((hook) => hook(line));
        const suffix = category === 'user' ? '.User' : '';
        log({ ...line, category: `Function.${metadata.name}${suffix}`, invocationId });
      },
    };
  }

  #logEnd(end: { name: string; invocationId: string; started: number; error?: unknown }): void {
    const failed = 'error' in end;
    const duration = Math.round(performance.now() - end.started);
    const outcome = failed ? 'Failed' : 'Succeeded';
    const detail = failed ? ` ${stackOf(end.error)}` : '';
    this.#log({
      level: failed ? 'error' : 'information',
      category: `Function.${end.name}`,
      invocationId: end.invocationId,
      message: `Executed 'Functions.${end.name}' (${outcome}, Id=${end.invocationId}, Duration=${duration}ms)${detail}`,
    });
  }
}

interface InvocationParts {
  core: CoreInvocationContext;
  invocation: InvocationModel;
  context: unknown;
  inputs: unknown[];
}

function newTraceParent(): string {
  // randomUUID draws on a pool of randomness; randomBytes would ask the system each time.
  return `00-${randomUUID().replaceAll('-', '')}-${randomUUID().replaceAll('-', '').slice(16)}-00`;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
}
