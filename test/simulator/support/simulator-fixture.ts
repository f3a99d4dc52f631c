import { ComputeManagementClient } from '@azure/arm-compute';
import { NetworkManagementClient } from '@azure/arm-network';
import { newSecrets } from '../../../simulator/identity/kept-secrets';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../../simulator/simulator';
import { MemoryFleet } from './memory-fleet';

export interface Fixture {
  simulator: Simulator;
  fleet: MemoryFleet;
  compute: ComputeManagementClient;
  network: NetworkManagementClient;
  token: string;
  subnetId: string;
  imageId: string;
  /** A raw request to Resource Manager with a good token. */
  arm(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; headers: Headers; body: never }>;
  control(method: string, name: string, body?: unknown): Promise<never>;
}

/** Frequent polls: operations take milliseconds here. */
export const FAST = { updateIntervalInMs: 5 };
export const GROUP = 'rg-muster';

const DEFAULTS = {
  port: 0,
  hasControl: true,
  locations: ['westeurope', 'northeurope'],
  bootDelayMs: 5,
  operationDelayMs: 1,
  pageSize: 100,
  throttleFactor: 0,
  tokenLifetimeMs: 3_600_000,
  isSeeded: true,
  secrets: newSecrets(),
};

export async function openSimulator(options: Partial<SimulatorOptions> = {}): Promise<Fixture> {
  const fleet = new MemoryFleet();
  const simulator = await startSimulator({ ...DEFAULTS, createFleet: async () => fleet, ...options });
  const token = await appToken(simulator);
  const group = `/subscriptions/${simulator.subscriptionId}/resourceGroups/${GROUP}`;
  return {
    simulator,
    fleet,
    token,
    subnetId: `${group}/providers/Microsoft.Network/virtualNetworks/vnet-muster/subnets/default`,
    imageId: `${group}/providers/Microsoft.Compute/galleries/galmuster/images/linux`,
    compute: withToken(
      new ComputeManagementClient(credential(token), simulator.subscriptionId, clientOptions(simulator)),
      token,
    ),
    network: withToken(
      new NetworkManagementClient(credential(token), simulator.subscriptionId, clientOptions(simulator)),
      token,
    ),
    arm: (method, path, body, headers) =>
      request(simulator.url, {
        method,
        path,
        body,
        headers: { Authorization: `Bearer ${token}`, ...headers },
      }),
    control: async (method, name, body) =>
      (await request(simulator.url, { method, path: `/control/${name}`, body, headers: {} })).body,
  };
}

function clientOptions(simulator: Simulator): {
  endpoint: string;
  allowInsecureConnection: boolean;
  retryOptions: { maxRetries: number };
} {
  return { endpoint: simulator.url, allowInsecureConnection: true, retryOptions: { maxRetries: 0 } };
}

function credential(token: string): {
  getToken: () => Promise<{ token: string; expiresOnTimestamp: number }>;
} {
  return { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
}

/** The SDK's own bearer policy refuses plain http. */
function withToken<C extends ComputeManagementClient | NetworkManagementClient>(client: C, token: string): C {
  client.pipeline.removePolicy({ name: 'bearerTokenAuthenticationPolicy' });
  client.pipeline.addPolicy(
    {
      name: 'plainBearer',
      async sendRequest(sent, next) {
        sent.headers.set('Authorization', `Bearer ${token}`);
        return next(sent);
      },
    },
    { phase: 'Sign' },
  );
  return client;
}

export async function appToken(
  simulator: Simulator,
  resource = 'https://management.azure.com',
): Promise<string> {
  const url = `${simulator.identityEndpoint}?api-version=2019-08-01&resource=${encodeURIComponent(resource)}`;
  const response = await fetch(url, { headers: { 'X-IDENTITY-HEADER': simulator.identityHeader } });
  return ((await response.json()) as { access_token: string }).access_token;
}

async function request(
  base: string,
  sent: { method: string; path: string; body: unknown; headers: Record<string, string> },
): Promise<{ status: number; headers: Headers; body: never }> {
  const response = await fetch(base + sent.path, {
    method: sent.method,
    headers: { 'content-type': 'application/json', ...sent.headers },
    ...(sent.body === undefined
      ? {}
      : { body: typeof sent.body === 'string' ? sent.body : JSON.stringify(sent.body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (text === '' ? undefined : JSON.parse(text)) as never,
  };
}

export async function until(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await look())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
