import type { Azure } from '../azure';
import type { ErrorDetail } from './errors';
import type { ResourceId } from './resource-id';

export type Method = 'GET' | 'HEAD' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';

/** One request as a provider sees it: authenticated, its path resolved, its body parsed and checked. */
export interface ArmCall {
  azure: Azure;
  /** 'virtualMachineScaleSets.createOrUpdate'. */
  operationName: string;
  method: Method;
  /** The resource or collection meant, an action's name already taken off. */
  id: ResourceId;
  /** The same as text, as the client wrote it. */
  path: string;
  /** Keys in lower case. */
  query: Map<string, string>;
  headers: Record<string, string | undefined>;
  /** undefined when the request had none. */
  body: unknown;
  apiVersion: string;
  /** 'http://host:port' of the request's own Host header, so that proxies in between stay in between. */
  baseUrl: string;
  /** Capture groups of an operation found by `pattern`. */
  matched: string[];
  /** An injected fault asks the asynchronous part of this call to fail. */
  asyncError?: ErrorDetail | undefined;
}

export interface ArmReply {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface ProviderOperation {
  /** Azure's own name of the operation, e.g. 'createOrUpdate'. */
  name: string;
  method: Method;
  /** A named resource; the collection in a resource group (or under a parent); the collection of the subscription. */
  on: 'resource' | 'collection' | 'subscription';
  /** POST .../start and GET .../instanceView: the segment after the name. */
  action?: string;
  /** For the few paths of Microsoft.Resources that are not type/name pairs. */
  pattern?: RegExp;
  /** Type of the body in body-shapes/; unknown members are refused. */
  shape?: string;
  /** Token bucket of the compute provider (resource-manager/throttle.ts). */
  bucket?: string | ((call: ArmCall) => string);
  handle(call: ArmCall): ArmReply | Promise<ArmReply>;
}

/** The one shape of every provider. To add one see CONTRIBUTING.md. */
export interface ResourceProvider {
  namespace: string;
  /** 'virtualNetworks/subnets' for a child type. */
  type: string;
  apiVersions: readonly string[];
  operations: readonly ProviderOperation[];
}
