import { ComputeManagementClient } from '@azure/arm-compute';
import { NetworkManagementClient } from '@azure/arm-network';
import type { TokenCredential } from '@azure/identity';
import { randomUUID } from 'node:crypto';
import type { RemainingCallsObservation } from '../ports';
import { toCloudFailure } from './cloud-failure';
import { RemainingCalls } from './remaining-calls';

const tokenScope = 'https://management.azure.com/.default';
/** No call of ours waits for Azure's work, so an answer later than this is no answer. */
const answerLimitMs = 60_000;

/** Azure Resource Manager: one client of each provider per subscription. */
export interface Arm {
  compute(subscriptionId: string): ComputeManagementClient;
  network(subscriptionId: string): NetworkManagementClient;
  /** GETs a URL that ARM itself gave (of an operation). Any status is an answer; no answer rejects with CloudFailure. */
  get(url: string): Promise<Response>;
  /** Ends a call that gets no answer. A new one for each call. */
  callOptions(): { abortSignal: AbortSignal };
  /** What the answers so far said of how many calls are left. */
  remainingCalls(subscriptionId: string): RemainingCallsObservation[];
}

export interface ArmOptions {
  /** https; plain http is taken for a loopback address alone: elsewhere the token would travel in the open. */
  endpoint: string;
  credential: TokenCredential;
}

export function connectArm({ endpoint, credential }: ArmOptions): Arm {
  const base = new URL(endpoint);
  const isPlain = base.protocol === 'http:';
  if (isPlain && !isLoopback(base.hostname)) {
    throw new Error(
      `MUSTER_ARM_ENDPOINT is ${base.origin}: plain http is taken for a loopback address alone.`,
    );
  }
  const options = {
    endpoint: endpoint.replace(/\/+$/, ''),
    allowInsecureConnection: isPlain,
    // Waiting is the orchestrator's business: a durable timer costs nothing, a sleeping activity does.
    retryOptions: { maxRetries: 0 },
    userAgentOptions: { userAgentPrefix: 'muster' },
  };
  const remaining = new RemainingCalls();
  const prepare = <Client extends ArmClient>(client: Client, subscriptionId: string): Client => {
    noteRemainingCalls(client, (headers) => remaining.note(subscriptionId, headers));
    if (isPlain) sendTokenPlainly(client, credential);
    return client;
  };
  return {
    compute: perSubscription((id) => prepare(new ComputeManagementClient(credential, id, options), id)),
    network: perSubscription((id) => prepare(new NetworkManagementClient(credential, id, options), id)),
    get: (url) => get(absoluteUrl(url, base), credential),
    remainingCalls: (subscriptionId) => remaining.list(subscriptionId),
    callOptions: () => ({ abortSignal: AbortSignal.timeout(answerLimitMs) }),
  };
}

type ArmClient = Pick<ComputeManagementClient, 'pipeline'>;

function noteRemainingCalls(client: ArmClient, note: (headers: Headers) => void): void {
  client.pipeline.addPolicy({
    name: 'remainingCallsPolicy',
    async sendRequest(request, next) {
      const response = await next(request);
      note(new Headers(response.headers.toJSON()));
      return response;
    },
  });
}

/**
 * The SDK's bearer policy refuses plain http whatever `allowInsecureConnection` says; towards a simulator on this machine
 * the token is put on by a policy of our own (reference: Azure facts, section 1, way 1).
 */
function sendTokenPlainly(client: ArmClient, credential: TokenCredential): void {
  client.pipeline.removePolicy({ name: 'bearerTokenAuthenticationPolicy' });
  client.pipeline.addPolicy(
    {
      name: 'loopbackBearerTokenPolicy',
      async sendRequest(request, next) {
        request.headers.set('Authorization', await authorization(credential));
        return next(request);
      },
    },
    { phase: 'Sign' },
  );
}

async function authorization(credential: TokenCredential): Promise<string> {
  const token = await credential.getToken(tokenScope);
  if (!token) throw new Error('The credential gave no token for Azure Resource Manager.');
  return `Bearer ${token.token}`;
}

async function get(url: URL, credential: TokenCredential): Promise<Response> {
  try {
    return await fetch(url, {
      headers: {
        Accept: 'application/json',
        Authorization: await authorization(credential),
        'x-ms-client-request-id': randomUUID(),
      },
      redirect: 'error',
      signal: AbortSignal.timeout(answerLimitMs),
    });
  } catch (error) {
    throw toCloudFailure(error);
  }
}

/** ARM's URLs are absolute and its own; a token goes to no other host. */
function absoluteUrl(url: string, base: URL): URL {
  const absolute = new URL(url, base);
  const isRegional = absolute.protocol === 'https:' && absolute.hostname.endsWith(`.${base.hostname}`);
  if (absolute.origin !== base.origin && !isRegional) {
    throw toCloudFailure(new Error(`${absolute.origin} is not Azure Resource Manager (${base.origin}).`));
  }
  return absolute;
}

function isLoopback(hostname: string): boolean {
  return /^127\.\d+\.\d+\.\d+$/.test(hostname) || hostname === 'localhost' || hostname === '[::1]';
}

function perSubscription<Client>(
  make: (subscriptionId: string) => Client,
): (subscriptionId: string) => Client {
  const made = new Map<string, Client>();
  return (subscriptionId) => {
    const key = subscriptionId.toLowerCase();
    const client = made.get(key) ?? make(subscriptionId);
    made.set(key, client);
    return client;
  };
}
