import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

export interface RunningSimulator {
  url: string;
  subscriptionId: string;
  identityEndpoint: string;
  identityHeader: string;
  stop(): Promise<void>;
}

/** The simulator as a process of its own, from dist/; `stop` waits until it and its VMs are gone. */
export async function startSimulatorProcess(): Promise<RunningSimulator> {
  const program = path.resolve(__dirname, '../../../dist/simulator/main.js');
  const options = [
    '--port',
    '0',
    '--control',
    '--boot-delay-ms',
    '20',
    '--operation-delay-ms',
    '20',
    '--page-size',
    '3',
  ];
  const child = spawn(process.execPath, [program, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const exited = once(child, 'exit');
  const ready = new Promise<RunningSimulator>((resolve, reject) => {
    createInterface(child.stdout).once('line', (line) => {
      const stop = async () => {
        child.kill('SIGTERM');
        await exited;
      };
      resolve({ ...(JSON.parse(line) as Omit<RunningSimulator, 'stop'>), stop });
    });
    child.once('exit', (code) => reject(new Error(`The simulator ended with ${code}. It said:\n${errors}`)));
  });
  return ready;
}
