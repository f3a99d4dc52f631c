/** What the agent asks its launcher to start. */
export interface LaunchOrder {
  id: number;
  programPath: string;
  /** The name that the program sees itself called by. */
  argv0: string;
  arguments: string[];
  workingFolder: string;
  environment: Record<string, string>;
  user: { uid: number; gid: number } | undefined;
  /** Named pipes for its stdout and stderr. */
  stdout: string;
  stderr: string;
}

/** What became of it; `refused` with the system's code. */
export type LaunchEvent =
  | { id: number; event: 'started'; pid: number }
  | { id: number; event: 'refused'; code: string }
  | { id: number; event: 'exited'; exitCode: number | null; signal: NodeJS.Signals | null };
