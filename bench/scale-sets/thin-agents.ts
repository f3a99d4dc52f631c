import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLog } from '../../worker/log';
import { ThinAgent, type ThinSpec } from './thin-agent';

/** What `GET /state` answers. */
export interface ThinState {
  /** VMs that are switched on. */
  machines: { vmId: string; bootedAt: number | undefined; enrolledAt: number | undefined }[];
  /** Calls to the control plane since the start, by method and path. */
  calls: Record<string, number>;
}

const agents = new Map<string, ThinAgent>();
const calls: Record<string, number> = {};
const log = createLog((line) => {
  // Every agent says so of itself: a thousand lines that say nothing.
  if (!line.includes('"level":"info"')) process.stderr.write(line);
});

/** The agent's calls to the control plane go by fetch, those to storage do not. */
function countFetches(): void {
  const { fetch: send } = globalThis;
  globalThis.fetch = (input, init) => {
    const name = `${init?.method ?? 'GET'} ${new URL(String(input)).pathname}`;
    calls[name] = (calls[name] ?? 0) + 1;
    return send(input, init);
  };
}

function boot(spec: ThinSpec): void {
  const agent = new ThinAgent(spec, log);
  agents.set(spec.vmId, agent);
  agent.run().catch((error: unknown) => log('error', 'failed', { vm: spec.name, message: String(error) }));
}

function powerOff(vmId: string): void {
  agents.get(vmId)?.powerOff();
  agents.delete(vmId);
}

function state(): ThinState {
  const machines = [...agents].map(([vmId, { bootedAt, enrolledAt }]) => ({ vmId, bootedAt, enrolledAt }));
  return { machines, calls };
}

async function answer(request: IncomingMessage): Promise<object> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (request.method === 'POST') boot(JSON.parse(Buffer.concat(chunks).toString()) as ThinSpec);
  if (request.method === 'DELETE') powerOff((request.url ?? '').split('/').at(-1) ?? '');
  return request.method === 'GET' ? state() : {};
}

countFetches();
const server = createServer((request, response) => {
  answer(request).then(
    (body) => response.end(JSON.stringify(body)),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`{"ready":true,"url":"http://127.0.0.1:${port}"}\n`);
});
process.on('SIGTERM', () => process.exit(0));
