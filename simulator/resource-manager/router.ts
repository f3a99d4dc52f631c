import { type ArmError, badRequest, notImplemented } from './errors';
import type { Method, ProviderOperation, ResourceProvider } from './provider';
import { parseResourceId, type ResourceId } from './resource-id';

export interface Route {
  provider: ResourceProvider;
  operation: ProviderOperation;
  id: ResourceId;
  path: string;
  matched: string[];
}

/** Finds the operation for a method and path among the registered providers, or says which of them comes nearest. */
export class Router {
  private readonly byType = new Map<string, ResourceProvider>();
  private readonly patterns: { provider: ResourceProvider; operation: ProviderOperation; pattern: RegExp }[] =
    [];

  constructor(private readonly providers: readonly ResourceProvider[]) {
    for (const provider of providers) {
      this.byType.set(`${provider.namespace}/${provider.type}`.toLowerCase(), provider);
      for (const operation of provider.operations) {
        if (operation.pattern) this.patterns.push({ provider, operation, pattern: operation.pattern });
      }
    }
  }

  find(method: Method, path: string): Route {
    const trimmed = path.replace(/\/+$/, '');
    for (const { provider, operation, pattern } of this.patterns) {
      const match = operation.method === method ? pattern.exec(trimmed) : null;
      if (match)
        return { provider, operation, id: patternId(trimmed, match), path: trimmed, matched: match.slice(1) };
    }
    const id = parseResourceId(trimmed);
    if (!id?.namespace || id.segments.length === 0) throw notImplemented(`${method} ${trimmed}`);
    return this.findByType(method, trimmed, id);
  }

  private findByType(method: Method, path: string, id: ResourceId): Route {
    const types = id.segments.filter((_, index) => index % 2 === 0);
    const isOdd = id.segments.length % 2 === 1;
    const whole = this.provider(id.namespace, types);
    if (whole) {
      const on = !isOdd ? 'resource' : id.resourceGroup || types.length > 1 ? 'collection' : 'subscription';
      return this.pick(whole, { method, on, path, id });
    }
    const owner = isOdd ? this.provider(id.namespace, types.slice(0, -1)) : undefined;
    if (!owner) throw this.unknownType(id.namespace, types);
    const action = id.segments.at(-1) ?? '';
    const resourcePath = path.slice(0, path.lastIndexOf('/'));
    const target = { ...id, segments: id.segments.slice(0, -1) };
    return this.pick(owner, { method, on: 'resource', path: resourcePath, id: target, action });
  }

  private pick(
    provider: ResourceProvider,
    wanted: { method: Method; on: string; path: string; id: ResourceId; action?: string },
  ): Route {
    const action = wanted.action?.toLowerCase();
    const here = provider.operations.filter(
      (one) => one.on === wanted.on && one.action?.toLowerCase() === action && !one.pattern,
    );
    const operation = here.find((one) => one.method === wanted.method);
    if (operation) return { provider, operation, id: wanted.id, path: wanted.path, matched: [] };
    const name = `${provider.namespace}/${provider.type}${wanted.action ? '/' + wanted.action : ''}`;
    throw notImplemented(`${wanted.method} on ${name} (${wanted.on}); it has ${describe(provider)}`);
  }

  private provider(namespace: string, types: string[]): ResourceProvider | undefined {
    return this.byType.get([namespace, ...types].join('/').toLowerCase());
  }

  private unknownType(namespace: string, types: string[]): ArmError {
    const known = this.providers
      .filter((one) => one.namespace.toLowerCase() === namespace.toLowerCase())
      .map((one) => one.type);
    if (known.length === 0) return notImplemented(`the resource provider ${namespace}`);
    return notImplemented(
      `the resource type ${[namespace, ...types].join('/')}; of ${namespace} it has ${known.join(', ')}`,
    );
  }
}

function describe(provider: ResourceProvider): string {
  return provider.operations.map((one) => `${one.method} ${one.action ?? one.on}`).join(', ');
}

function patternId(path: string, match: RegExpExecArray): ResourceId {
  const id = parseResourceId(path);
  return (
    id ?? {
      subscriptionId: match[1] ?? '',
      resourceGroup: match.groups?.['group'] ?? '',
      namespace: '',
      segments: [],
    }
  );
}

/** ARM refuses a version it does not know before the provider sees the request. */
export function checkApiVersion(
  route: Route,
  method: Method,
  context: { version: string | undefined; location: string; locations: string[] },
): void {
  const { version, location, locations } = context;
  const { provider } = route;
  if (!version) {
    throw badRequest(
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    );
  }
  if (!/^\d{4}-\d\d-\d\d(-\w+)?$/.test(version)) {
    throw badRequest(
      'InvalidApiVersionParameter',
      `The api-version '${version}' is invalid. The supported versions are '${provider.apiVersions.join(',')}'.`,
    );
  }
  if (provider.apiVersions.includes(version)) return;
  const supported = `The supported api-versions are '${provider.apiVersions.join(', ')}'.`;
  if (method === 'PUT') {
    const message = `No registered resource provider found for location '${location}' and API version '${version}' for type '${provider.type}'. ${supported} The supported locations are '${locations.join(', ')}'.`;
    throw badRequest('NoRegisteredProviderFound', message);
  }
  throw badRequest(
    'InvalidResourceType',
    `The resource type '${provider.type}' could not be found in the namespace '${provider.namespace}' for api version '${version}'. ${supported}`,
  );
}
