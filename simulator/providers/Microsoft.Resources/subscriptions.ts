import { RESOURCE_VERSIONS } from '../../resource-manager/api-versions';
import { ArmError, entityNotFound } from '../../resource-manager/errors';
import type { ArmCall, ArmReply, ResourceProvider } from '../../resource-manager/provider';
import { monitor } from '../operation-status';
import { listResources } from './resource-groups';

const SUBSCRIPTION = /^\/subscriptions\/([^/]+)$/i;
const SUBSCRIPTIONS = /^\/subscriptions$/i;
const LOCATIONS = /^\/subscriptions\/([^/]+)\/locations$/i;
const RESOURCES = /^\/subscriptions\/([^/]+)\/resources$/i;
const RESULTS = /^\/subscriptions\/([^/]+)\/operationresults\/([^/]+)$/i;

function describe(call: ArmCall): Record<string, unknown> {
  const { subscriptionId, tenantId } = call.azure;
  return {
    id: `/subscriptions/${subscriptionId}`,
    authorizationSource: 'RoleBased',
    subscriptionId,
    tenantId,
    displayName: 'Muster simulator',
    state: 'Enabled',
    subscriptionPolicies: {
      locationPlacementId: 'Public_2014-09-01',
      quotaId: 'PayAsYouGo_2014-09-01',
      spendingLimit: 'Off',
    },
  };
}

function locations(call: ArmCall): ArmReply {
  const { subscriptionId } = call.azure;
  const value = call.azure.locations.map((name) => ({
    id: `/subscriptions/${subscriptionId}/locations/${name}`,
    name,
    type: 'Region',
    displayName: name,
    regionalDisplayName: name,
  }));
  return { status: 200, body: { value } };
}

function operationResult(call: ArmCall): ArmReply {
  const operation = call.azure.operations.find(call.matched[1] ?? '');
  if (!operation) throw entityNotFound();
  return monitor(call, operation);
}

export const subscriptions: ResourceProvider = {
  namespace: 'Microsoft.Resources',
  type: 'subscriptions',
  apiVersions: RESOURCE_VERSIONS,
  operations: [
    {
      name: 'get',
      method: 'GET',
      on: 'resource',
      pattern: SUBSCRIPTION,
      handle: (call) => ({ status: 200, body: describe(call) }),
    },
    {
      name: 'list',
      method: 'GET',
      on: 'collection',
      pattern: SUBSCRIPTIONS,
      handle: (call) => ({ status: 200, body: { value: [describe(call)] } }),
    },
    { name: 'listLocations', method: 'GET', on: 'collection', pattern: LOCATIONS, handle: locations },
    {
      name: 'listResources',
      method: 'GET',
      on: 'collection',
      pattern: RESOURCES,
      handle: (call) => listResources(call, ''),
    },
    { name: 'operationResult', method: 'GET', on: 'resource', pattern: RESULTS, handle: operationResult },
  ],
};

/** GET .../providers[/{namespace}]: what is registered, with its types and api-versions. */
export function providersList(all: () => readonly ResourceProvider[]): ResourceProvider {
  const describeAll = (
    subscriptionId: string,
    call: ArmCall,
  ): { id: string; namespace: string; registrationState: string; resourceTypes: unknown[] }[] => {
    const namespaces = [...new Set(all().map((one) => one.namespace))];
    return namespaces.map((namespace) => ({
      id: `/subscriptions/${subscriptionId}/providers/${namespace}`,
      namespace,
      registrationState: 'Registered',
      resourceTypes: all()
        .filter((one) => one.namespace === namespace)
        .map((one) => ({
          resourceType: one.type,
          locations: call.azure.locations,
          apiVersions: [...one.apiVersions].reverse(),
        })),
    }));
  };
  return {
    namespace: 'Microsoft.Resources',
    type: 'providers',
    apiVersions: RESOURCE_VERSIONS,
    operations: [
      {
        name: 'list',
        method: 'GET',
        on: 'collection',
        pattern: /^\/subscriptions\/([^/]+)\/providers$/i,
        handle: (call) => ({ status: 200, body: { value: describeAll(call.azure.subscriptionId, call) } }),
      },
      {
        name: 'get',
        method: 'GET',
        on: 'resource',
        pattern: /^\/subscriptions\/([^/]+)\/providers\/([^/]+)$/i,
        handle: (call) => {
          const name = call.matched[1] ?? '';
          const found = describeAll(call.azure.subscriptionId, call).find(
            (one) => one.namespace.toLowerCase() === name.toLowerCase(),
          );
          if (!found)
            throw new ArmError(
              404,
              'InvalidResourceNamespace',
              `The resource namespace '${name}' is invalid.`,
            );
          return { status: 200, body: found };
        },
      },
    ],
  };
}
