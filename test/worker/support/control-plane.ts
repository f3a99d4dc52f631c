import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CompletionReport, type TaskResult } from '../../../shared/contracts/work-messages';

export interface Call {
  path: string;
  authorization: string | undefined;
  body: Record<string, unknown>;
}
export interface Reply {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}
type Handler = (call: Call) => Reply;

/** The control plane and the metadata service in one tiny server; each test says what they answer. */
export class ControlPlane {
  readonly calls: Call[] = [];
  readonly imds: { metadata: string | undefined; url: string }[] = [];
  enrol: Handler = () => ({ status: 500 });
  lease: Handler = () => ({ status: 200, body: this.leaseBody() });
  jobToken: Handler = () => ({ status: 500 });
  command: 'continue' | 'drain' | 'leave' = 'continue';
  access: unknown;
  removedWorkers: string[] = [];
  priorities = ['normal'];
  members: unknown = { scaleSet: 'cbox', size: 1, workers: [] };
  isAway = false;
  takesCompletions = true;
  /** Results that agents told of. */
  readonly told: TaskResult[] = [];
  priority = 'Regular';
  address = '10.0.0.4';
  /** What the metadata service answers about scheduled events. */
  scheduledEvents: Reply = { status: 200, body: { DocumentIncarnation: 1, Events: [] } };
  /** Bodies of approvals. */
  readonly approvals: unknown[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#answer(request).then((reply) => {
        if (!reply) return void request.socket.destroy();
        response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
        response.end(JSON.stringify(reply.body ?? {}));
      });
    });
  }

  static async start(): Promise<ControlPlane> {
    const plane = new ControlPlane();
    await new Promise<void>((resolve) => plane.#server.listen(0, '127.0.0.1', resolve));
    return plane;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  of(path: string): Call[] {
    return this.calls.filter((call) => call.path === path);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  leaseBody(): unknown {
    const leaseExpiresAt = new Date(Date.now() + 60_000).toISOString();
    const access = this.access ? { access: this.access } : {};
    const { command, removedWorkers, priorities } = this;
    return { command, leaseExpiresAt, removedWorkers, priorities, ...access };
  }

  async #answer(request: IncomingMessage): Promise<Reply | undefined> {
    const url = request.url ?? '';
    if (url.startsWith('/metadata/instance')) return this.#instance(request, url);
    if (url.startsWith('/api/workers/members')) return { status: 200, body: this.members };
    if (request.method === 'GET') return this.#events(request, url);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
    if (url.startsWith('/metadata/')) {
      this.approvals.push(body);
      return { status: 200 };
    }
    const call = { path: url, authorization: request.headers.authorization, body };
    this.calls.push(call);
    if (this.isAway) return undefined;
    if (url === '/api/workers/completions') {
      if (this.takesCompletions)
        this.told.push(...CompletionReport.parse(body).batches.flatMap(({ results }) => results));
      return { status: this.takesCompletions ? 204 : 503 };
    }
    if (url === '/api/workers/job-token') return this.jobToken(call);
    return url === '/api/workers/enrol' ? this.enrol(call) : this.lease(call);
  }

  #events(request: IncomingMessage, url: string): Reply {
    this.imds.push({ metadata: request.headers['metadata']?.toString(), url });
    return this.scheduledEvents;
  }

  #instance(request: IncomingMessage, url: string): Reply {
    this.imds.push({ metadata: request.headers['metadata']?.toString(), url });
    return {
      status: 200,
      body: {
        compute: {
          resourceId: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm1',
          vmId: 'b1f5',
          name: 'vm1',
          subscriptionId: 's',
          resourceGroupName: 'rg',
          vmScaleSetName: 'cbox',
          location: 'westeurope',
          zone: '',
          vmSize: 'Standard_D2s_v5',
          priority: this.priority,
        },
        network: { interface: [{ ipv4: { ipAddress: [{ privateIpAddress: this.address }] } }] },
      },
    };
  }
}
