import type { DurableEngine, FunctionInvoker, HostClock } from './durable/contract';
import type { Log } from './functions/logging';

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
