import { readdirSync, readFileSync } from 'node:fs';

/** Processes of a job on all simulated VMs: they are this machine's. */
export function processesOf(jobId: string): string[] {
  return readdirSync('/proc').filter((pid) => read(pid, 'environ').includes(`MUSTER_JOB_ID=${jobId}\0`));
}

/** What it was started as, its words joined by spaces; empty where it has gone. */
export function commandLineOf(pid: string): string {
  return read(pid, 'cmdline').split('\0').join(' ').trim();
}

function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
