import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const account = 'devstoreaccount1';
/** The well-known key of every Azurite; no secret. */
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const services = ['Blob', 'Queue', 'Table'] as const;
const startLimitMs = 20_000;

export interface RunningAzurite {
  connectionString: string;
  stop(): Promise<void>;
}

/** Azurite as a process of its own on free ports, in memory. `stop` waits until it is gone. */
export async function startAzurite(): Promise<RunningAzurite> {
  const program = path.resolve(__dirname, '../../node_modules/azurite/dist/src/azurite.js');
  const options = ['--silent', '--inMemoryPersistence', '--skipApiVersionCheck', '--disableTelemetry'];
  const ports = services.flatMap((service) => [`--${service.toLowerCase()}Port`, '0']);
  const child = spawn(process.execPath, [program, ...options, ...ports], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = () => stopProcess(child);
  try {
    const addresses = await listeningAddresses(child);
    const endpoints = services.map((service) => `${service}Endpoint=${addresses[service]}/${account};`);
    const connectionString = `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};${endpoints.join('')}`;
    return { connectionString, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Azurite says on its output where each service listens. */
function listeningAddresses(child: ChildProcess): Promise<Record<(typeof services)[number], string>> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (why: string) => reject(new Error(`Azurite ${why}. It said:\n${output}`));
    const deadline = setTimeout(() => fail(`did not start within ${startLimitMs} ms`), startLimitMs);
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const found = services.map(
        (service) => new RegExp(`${service} service is successfully listening at (\\S+)`).exec(output)?.[1],
      );
      const [Blob, Queue, Table] = found;
      if (!Blob || !Queue || !Table) return;
      clearTimeout(deadline);
      resolve({ Blob, Queue, Table });
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => {
      clearTimeout(deadline);
      fail(`ended with ${code}`);
    });
  });
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  // Nothing of it is worth a graceful end, which waits for idle connections.
  child.kill('SIGKILL');
  await gone;
}
