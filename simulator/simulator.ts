import type { AddressInfo } from 'node:net';
import { reserveAddressRange } from './address-range';
import { AdjustableClock } from './clock';
import { CallLog } from './call-log';
import { controlApi } from './control/control-api';
import { seed } from './control/seed';
import type { Azure } from './azure';
import { FaultBook } from './faults';
import { identityEndpoints } from './identity/endpoints';
import type { IdentitySecrets } from './identity/kept-secrets';
import { TokenAuthority } from './identity/token-authority';
import { VmTokenIssuer } from './identity/vm-token-issuer';
import type { MachineFleet, SimulatorClock, TokenIssuer } from './machines/contract';
import { PROVIDERS } from './providers';
import { AllocationBook } from './providers/Microsoft.Compute/allocation';
import { bootDiagnosticsEndpoint } from './providers/Microsoft.Compute/boot-diagnostics';
import { QuotaBook } from './providers/Microsoft.Compute/quota';
import { quotaUse } from './providers/Microsoft.Compute/usages';
import { AddressBook } from './providers/Microsoft.Network/addresses';
import { OperationStore } from './resource-manager/operations';
import { Router } from './resource-manager/router';
import { createSimulatorServer } from './resource-manager/server';
import { ResourceStore } from './resource-manager/store';
import { Throttle } from './resource-manager/throttle';

export interface SimulatorOptions {
  /** 0: any free one. */
  port: number;
  hasControl: boolean;
  locations: string[];
  bootDelayMs: number;
  operationDelayMs: number;
  recordFile?: string | undefined;
  pageSize: number;
  /** 1 = Azure's own rates, 0 = no throttling. */
  throttleFactor: number;
  tokenLifetimeMs: number;
  isSeeded: boolean;
  secrets: IdentitySecrets;
  createFleet: (parts: { tokenIssuer: TokenIssuer; clock: SimulatorClock }) => Promise<MachineFleet>;
}

export interface Simulator {
  url: string;
  identityEndpoint: string;
  identityHeader: string;
  subscriptionId: string;
  tenantId: string;
  azure: Azure;
  close(): Promise<void>;
}

/** Fixed, so that templates and ledgers of an earlier run still name this subscription. */
export const SUBSCRIPTION_ID = '5ba2b5f2-0c0e-4f7e-9a3b-6d757374b001';
export const TENANT_ID = '7e4a1c9d-52f8-4b36-8d1e-6d757374b002';

async function createAzure(
  options: SimulatorOptions,
  addressPrefix: string,
  url: () => string,
): Promise<Azure> {
  const clock = new AdjustableClock();
  const store = new ResourceStore();
  const tokens = new TokenAuthority(TENANT_ID, options.tokenLifetimeMs, {
    privateKeyPem: options.secrets.privateKeyPem,
    authorityUrl: url,
  });
  return {
    subscriptionId: SUBSCRIPTION_ID,
    tenantId: TENANT_ID,
    locations: options.locations,
    addressPrefix,
    settings: { bootDelayMs: options.bootDelayMs, pageSize: options.pageSize },
    clock,
    store,
    operations: new OperationStore(clock, options.operationDelayMs),
    fleet: await options.createFleet({ tokenIssuer: new VmTokenIssuer(store, tokens), clock }),
    tokens,
    quota: new QuotaBook((location) => quotaUse({ store }, location)),
    allocation: new AllocationBook(),
    addresses: new AddressBook(),
  };
}

/** Azure on localhost. Its state is in memory: it ends, with every simulated machine, when close() is called. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  let url = '';
  const range = await reserveAddressRange();
  const azure = await createAzure(options, range.prefix, () => url);
  const calls = new CallLog(options.recordFile);
  const faults = new FaultBook();
  const throttle = new Throttle(azure.clock, options.throttleFactor);
  const sides = [identityEndpoints(azure.tokens, options.secrets), bootDiagnosticsEndpoint(azure)];
  if (options.hasControl) sides.push(controlApi({ azure, faults, calls, throttle }));
  const server = createSimulatorServer({
    azure,
    router: new Router(PROVIDERS),
    throttle,
    faults,
    calls,
    sides,
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  if (options.isSeeded) seed(azure);
  return {
    url,
    identityEndpoint: `${url}/msi/token`,
    identityHeader: options.secrets.header,
    subscriptionId: azure.subscriptionId,
    tenantId: azure.tenantId,
    azure,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await azure.fleet.close();
      await range.release();
      azure.clock.close();
      await calls.close();
    },
  };
}
