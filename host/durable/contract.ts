/**
 * The seam between the durable engine (host/durable) and the functions runtime (host/functions).
 * The engine knows nothing of HTTP or of how a function is loaded; the runtime knows nothing of SQLite.
 */

/** Runs one function of the app. Bodies and results are the JSON that crosses Azure's worker channel. */
export interface FunctionInvoker {
  /**
   * `body` is the extension's out-of-process orchestrator input; resolves to the orchestrator state the library returned.
   * durable-functions throws when the orchestrator failed, with the state after `$OutOfProcData$:` in the message:
   * the invoker may reject with that error as it is, the engine reads it. A rejection named `AbortError` (host stopping)
   * is no result: the work stays pending and runs again. The same holds for `activity` and `entity`.
   */
  orchestrator(name: string, body: OrchestratorBody): Promise<OrchestratorOutcome>;
  /** `input` is serialised JSON or undefined; resolves to the serialised JSON result. Rejects with ActivityFailure-shaped errors. */
  activity(
    name: string,
    call: { input: string | undefined; instanceId: string; invocationId: string },
  ): Promise<string | undefined>;
  /** `body` is the extension's entity batch; resolves to the entity state the library returned, as serialised JSON. */
  entity(name: string, body: string): Promise<string>;
  /** Names compare without regard to case, as in the Functions host; entities are asked for in lower case. */
  has(kind: 'orchestrator' | 'activity' | 'entity', name: string): boolean;
}

/**
 * The extension's orchestration trigger, whole, but for `input`, which is still text here: `toOrchestratorTrigger(body)`
 * (host/durable/trigger-payload.ts) gives the exact value to hand to the function the app registered.
 * `history` belongs to the engine: pass it on as it is (durable-functions turns its timestamps into dates), do not keep it.
 */
export interface OrchestratorBody {
  instanceId: string;
  history: HistoryEvent[];
  /** Serialised JSON input of the instance. */
  input: string | undefined;
  isReplaying: boolean;
  parentInstanceId: string | null;
  upperSchemaVersion: number;
  upperSchemaVersionNew: number;
  longRunningTimerIntervalDuration: string;
  maximumShortTimerDuration: string;
  defaultHttpAsyncRequestSleepTimeMillseconds: number;
}

/** What durable-functions answers: `{ isDone, actions, output, error, customStatus, schemaVersion, failureDetails }`, parsed. */
export interface OrchestratorOutcome {
  isDone: boolean;
  actions: Record<string, unknown>[][];
  output?: unknown;
  error?: string;
  customStatus?: unknown;
  schemaVersion?: number;
  failureDetails?: unknown;
}

/** One event in the extension's vocabulary (`EventType` is its number), as durable-functions reads it. */
export interface HistoryEvent {
  EventType: number;
  EventId: number;
  IsPlayed: boolean;
  Timestamp: string;
  [field: string]: unknown;
}

export type RuntimeStatus =
  'Pending' | 'Running' | 'Completed' | 'ContinuedAsNew' | 'Failed' | 'Canceled' | 'Terminated' | 'Suspended';

export interface InstanceStatus {
  name: string;
  instanceId: string;
  runtimeStatus: RuntimeStatus;
  input: unknown;
  customStatus: unknown;
  output: unknown;
  createdTime: string;
  lastUpdatedTime: string;
  historyEvents?: Record<string, unknown>[];
}

export interface InstanceQuery {
  runtimeStatus?: RuntimeStatus[];
  createdTimeFrom?: Date;
  createdTimeTo?: Date;
  instanceIdPrefix?: string;
  showInput?: boolean;
  top?: number;
  continuationToken?: string;
}

export interface InstancePage {
  instances: InstanceStatus[];
  continuationToken?: string;
}

/** What a control operation found. The webhook API maps each to the extension's status code. */
export type ControlResult = 'accepted' | 'not-found' | 'already-finished';

export interface EntityState {
  entityId: { name: string; key: string };
  state: unknown;
  lastOperationTime: string;
}

export interface DurableEngine {
  /** Recovers what a killed process left under way and starts dispatching. */
  start(): Promise<void>;
  /** Stops taking work, waits for what runs (at most `drainMs`), closes the file. */
  stop(drainMs: number): Promise<void>;

  /** 'exists' when the instance is pending, running or suspended and may not be overridden. Durable once resolved. */
  startNew(request: {
    name: string;
    instanceId?: string;
    input?: unknown;
  }): Promise<{ instanceId: string; result: 'created' | 'exists' }>;
  raiseEvent(instanceId: string, eventName: string, data: unknown): Promise<ControlResult>;
  terminate(instanceId: string, reason: string): Promise<ControlResult>;
  suspend(instanceId: string, reason: string): Promise<ControlResult>;
  resume(instanceId: string, reason: string): Promise<ControlResult>;
  /** Resolves when the instance has finished (at once if it has); undefined if there is no such instance. */
  whenFinished(instanceId: string): Promise<InstanceStatus | undefined>;
  /** Undefined if there is no such instance, or if it is still under way and was to be restarted under its own id. */
  restart(instanceId: string, restartWithNewInstanceId: boolean): Promise<string | undefined>;
  status(
    instanceId: string,
    options?: { showHistory?: boolean; showHistoryOutput?: boolean; showInput?: boolean },
  ): Promise<InstanceStatus | undefined>;
  query(query: InstanceQuery): Promise<InstancePage>;
  purge(instanceId: string): Promise<boolean>;
  /** Purges finished instances that match; answers how many. */
  purgeMany(query: InstanceQuery): Promise<number>;

  signalEntity(
    entity: { name: string; key: string },
    operation: string,
    input: unknown,
    scheduledTime?: Date,
  ): Promise<void>;
  entityState(entity: { name: string; key: string }): Promise<EntityState | undefined>;
  listEntities(query: {
    name?: string;
    lastOperationFrom?: Date;
    lastOperationTo?: Date;
    fetchState?: boolean;
    top?: number;
    continuationToken?: string;
  }): Promise<{ entities: EntityState[]; continuationToken?: string }>;
}

/** Time, so that tests and the control call can step or scale it. All durable timers and triggers go by it. */
export interface HostClock {
  now(): number;
  /** Calls back at or after `at` (ms since the epoch); the returned function cancels. Survives jumps of the clock. */
  at(at: number, callback: () => void): () => void;
}
