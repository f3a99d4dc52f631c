import { existsSync, linkSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const lookMs = 250;

/** Keeps the log of every agent that there ever was, under a second name: a VM that goes takes the first along. */
export function keepAgentLogs(stateFolder: string): () => void {
  const machines = join(stateFolder, 'simulator', 'machines');
  const kept = join(stateFolder, 'agent-logs');
  mkdirSync(kept, { recursive: true });
  const look = (): void => {
    for (const machine of existsSync(machines) ? readdirSync(machines) : []) {
      const [log, second] = [
        join(machines, machine, 'disk/root/var/log/muster-agent.log'),
        join(kept, `${machine}.log`),
      ];
      if (existsSync(log) && !existsSync(second)) linkSync(log, second);
    }
  };
  const timer = setInterval(look, lookMs).unref();
  return () => clearInterval(timer);
}
