export type Work = 'sequence' | 'fanOut' | 'parent' | 'sleeper' | 'replayed' | 'manyTimers';

export interface Recovery {
  tookMs: number;
  output: unknown;
}

/** A durable engine under measurement: what both sides must be able to do, so that one stopwatch serves both. */
export interface Subject {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** How durable a commit is, as the running system says itself, and what else was set. */
  settings(): Promise<Record<string, string>>;
  /** Resolves once the start is durable; `finished` resolves to the output. */
  begin(work: Work, input: unknown, id?: string): Promise<{ finished: Promise<unknown> }>;
  /** How many timers are durably set, those of earlier measurements included. */
  timersSet(): Promise<number>;
  /** Bytes of the store: as it stands, and rewritten without any gaps. */
  size(): Promise<{ asItStands: number; compact: number }>;
  /** Starts on what a killed process left of `replayed`; answers how long finishing it took. */
  recover(id: string): Promise<Recovery>;
  /** A sequence started and asked after over HTTP until it has finished, where there is an HTTP API. */
  overHttp?(input: number): Promise<unknown>;
}
