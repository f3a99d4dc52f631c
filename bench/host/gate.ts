/**
 * Where the replay line kills the process: the last activity of the orchestration holds here while its history is built,
 * and passes in the process that takes over.
 */
export const holdVariable = 'MUSTER_BENCH_HOLD';

let reach: () => void = () => undefined;

/** Resolves when the last activity has been reached. */
export const gateReached = new Promise<void>((resolve) => (reach = resolve));

export function passGate(): Promise<number> {
  reach();
  return process.env[holdVariable] === '1' ? new Promise<number>(() => undefined) : Promise.resolve(1);
}
