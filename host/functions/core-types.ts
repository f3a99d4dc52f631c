/**
 * The part of `@azure/functions-core` that crosses between a worker and the programming model library.
 * The module exists only inside Azure's worker (it is not on npm), so its shapes are stated here.
 * Source: azure-functions-nodejs-worker, types-core/index.d.ts.
 */

export type LogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none';

export interface TypedData {
  string?: string | null;
  json?: string | null;
  bytes?: Uint8Array | null;
  stream?: Uint8Array | null;
  http?: HttpData | null;
  int?: number | null;
  double?: number | null;
  collectionBytes?: { bytes?: Uint8Array[] | null } | null;
  collectionString?: { string?: string[] | null } | null;
  collectionDouble?: { double?: number[] | null } | null;
  collectionSint64?: { sint64?: number[] | null } | null;
}

export interface Nullable<T> {
  value?: T | null;
}

export interface HttpData {
  method?: string | null;
  url?: string | null;
  headers?: Record<string, string> | null;
  body?: TypedData | null;
  statusCode?: string | null;
  enableContentNegotiation?: boolean | null;
  cookies?: HttpCookie[] | null;
  nullableHeaders?: Record<string, Nullable<string>> | null;
  nullableParams?: Record<string, Nullable<string>> | null;
  nullableQuery?: Record<string, Nullable<string>> | null;
}

export interface HttpCookie {
  name?: string | null;
  value?: string | null;
  domain?: Nullable<string> | null;
  path?: Nullable<string> | null;
  expires?: Nullable<{ seconds?: number | null }> | null;
  secure?: Nullable<boolean> | null;
  httpOnly?: Nullable<boolean> | null;
  sameSite?: 'none' | 'lax' | 'strict' | 'explicitNone' | null;
  maxAge?: Nullable<number> | null;
}

export interface BindingInfo {
  type?: string | null;
  direction?: 'in' | 'out' | 'inout' | null;
  [property: string]: unknown;
}

export interface RetryOptions {
  maxRetryCount?: number | null;
  delayInterval?: { seconds?: number | null } | null;
  minimumInterval?: { seconds?: number | null } | null;
  maximumInterval?: { seconds?: number | null } | null;
  retryStrategy?: 'exponentialBackoff' | 'fixedDelay' | null;
}

export interface FunctionMetadata {
  name: string;
  functionId?: string;
  bindings: Record<string, BindingInfo>;
  retryOptions?: RetryOptions;
}

export type FunctionCallback = (...args: unknown[]) => unknown;

export interface ParameterBinding {
  name: string;
  data: TypedData;
}

export interface InvocationRequest {
  invocationId: string;
  functionId: string;
  inputData: ParameterBinding[];
  triggerMetadata: Record<string, TypedData>;
  traceContext: { traceParent: string; traceState: string; attributes: Record<string, string> };
  retryContext?: {
    retryCount: number;
    maxRetryCount: number;
    exception?: { message: string; stackTrace?: string };
  };
}

export interface InvocationResponse {
  outputData?: { name?: string | null; data?: TypedData | null }[] | null;
  returnValue?: TypedData | null;
}

export interface CoreInvocationContext {
  invocationId: string;
  request: InvocationRequest;
  metadata: FunctionMetadata;
  state?: 'preInvocationHooks' | 'postInvocationHooks' | 'invocation';
  /** The library's context, for log hooks; not part of Azure's interface. */
  invocationContext?: unknown;
  /** Shared by the hooks of one invocation. */
  hookData: object;
  log(level: LogLevel, category: string, message: string): void;
}

export interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<InvocationResponse>;
}

export interface ProgrammingModel {
  name: string;
  version: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel | Promise<InvocationModel>;
  getCapabilities?(
    defaults: Record<string, string>,
  ): Record<string, string> | Promise<Record<string, string>>;
}

/** What a `log` hook may change before a line is logged. */
export interface LogHookContext {
  level: LogLevel;
  message: string;
  category: string;
  invocationContext: unknown;
  hookData: object;
  appHookData: object;
}

export type HookCallback = (context: object) => unknown;
