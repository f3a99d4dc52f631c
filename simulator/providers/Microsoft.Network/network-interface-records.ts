import { randomBytes, randomUUID } from 'node:crypto';
import type { Azure } from '../../azure';
import { ArmError, invalidReference } from '../../resource-manager/errors';
import { parentId, sameId } from '../../resource-manager/resource-id';
import type { ArmResource } from '../../resource-manager/store';

export interface IpConfiguration {
  name: string;
  id?: string;
  etag?: string;
  type?: string;
  properties: {
    provisioningState?: string;
    privateIPAddress?: string;
    privateIPAllocationMethod?: string;
    privateIPAddressVersion?: string;
    primary?: boolean;
    subnet?: { id: string };
    publicIPAddress?: { id: string; properties?: { deleteOption?: string } };
  };
}

export interface InterfaceProperties {
  provisioningState: string;
  resourceGuid?: string;
  ipConfigurations: IpConfiguration[];
  networkSecurityGroup?: { id: string };
  virtualMachine?: { id: string };
  macAddress?: string;
  primary?: boolean;
  dnsSettings?: Record<string, unknown>;
  enableAcceleratedNetworking?: boolean;
  enableIPForwarding?: boolean;
  hostedWorkloads?: string[];
  tapConfigurations?: unknown[];
  nicType?: string;
}

export type NetworkInterface = ArmResource<InterfaceProperties>;

export const INTERFACES = 'Microsoft.Network/networkInterfaces';
/** Interfaces of uniform scale-set instances live below the instance, not in the resource group. */
export const SCALE_SET_INTERFACES =
  'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/networkInterfaces';

interface SubnetRecord {
  addressPrefix?: string;
  addressPrefixes?: string[];
}

export function interfacesInSubnet(azure: Azure, subnetId: string): NetworkInterface[] {
  const all = [
    ...azure.store.list<NetworkInterface>(INTERFACES),
    ...azure.store.list<NetworkInterface>(SCALE_SET_INTERFACES),
  ];
  return all.filter((one) =>
    one.properties.ipConfigurations.some((ip) => sameId(ip.properties.subnet?.id ?? '', subnetId)),
  );
}

/** The subnet's address prefix, or the error for a subnet or network that is missing or still being written. */
export function subnetPrefix(azure: Azure, subnetId: string, usedBy: string): string {
  const subnet = azure.store.find<ArmResource<SubnetRecord>>(subnetId);
  if (!subnet) throw invalidReference(subnetId, usedBy);
  const network = azure.store.find<ArmResource>(parentId(subnetId));
  if (network?.properties['provisioningState'] === 'Updating') throw referencedNotReady(network.id, usedBy);
  return subnet.properties.addressPrefix ?? subnet.properties.addressPrefixes?.[0] ?? '';
}

function referencedNotReady(used: string, by: string): ArmError {
  const message = `Cannot proceed with operation because resource ${used} used by resource ${by} is not in Succeeded state. Resource is in Updating state and the last operation that updated/is updating the resource is PutVirtualNetworkOperation.`;
  const details = [{ code: 'ReferencedResourceNotProvisioned', message }];
  return new ArmError(429, 'RetryableError', {
    message: 'A retryable error occurred.',
    details,
    headers: { 'Retry-After': '10' },
  });
}

/** Completes the wanted interface as Azure does: defaults, ids, one address for each IP configuration (kept on updates). */
export function completeInterface(azure: Azure, nic: NetworkInterface, existing?: NetworkInterface): void {
  const { properties } = nic;
  if (!properties.ipConfigurations?.length) {
    throw new ArmError(400, 'InvalidRequestFormat', {
      message: `Network Interface ${nic.id} must have at least one IP configuration.`,
      details: [],
    });
  }
  for (const ip of properties.ipConfigurations) checkConfiguration(azure, nic, ip);
  properties.ipConfigurations.forEach((ip, index) =>
    completeConfiguration(azure, nic, { ip, existing, isPrimary: index === 0 }),
  );
  for (const old of existing?.properties.ipConfigurations ?? []) {
    const isKept = properties.ipConfigurations.some(
      (ip) => ip.properties.privateIPAddress === old.properties.privateIPAddress,
    );
    if (!isKept) azure.addresses.free(old.properties.privateIPAddress ?? '');
  }
  const suffix = `${randomBytes(13).toString('hex')}.dx.internal.cloudapp.net`;
  properties.dnsSettings = {
    dnsServers: [],
    appliedDnsServers: [],
    internalDomainNameSuffix: suffix,
    ...properties.dnsSettings,
  };
  properties.resourceGuid ??= existing?.properties.resourceGuid ?? randomUUID();
  properties.enableAcceleratedNetworking ??= false;
  properties.enableIPForwarding ??= false;
  properties.hostedWorkloads = [];
  properties.tapConfigurations = [];
  if (nic.type === INTERFACES) properties.nicType ??= 'Standard';
  const kept = existing?.properties;
  if (kept?.virtualMachine)
    Object.assign(properties, {
      virtualMachine: kept.virtualMachine,
      macAddress: kept.macAddress,
      primary: kept.primary,
    });
}

function checkConfiguration(azure: Azure, nic: NetworkInterface, ip: IpConfiguration): void {
  const subnetId = ip.properties?.subnet?.id;
  if (!subnetId) {
    throw new ArmError(400, 'SubnetIsRequired', {
      message: `Subnet reference is required for ipconfiguration ${nic.id}/ipConfigurations/${ip.name}.`,
      details: [],
    });
  }
  subnetPrefix(azure, subnetId, nic.id);
  const publicIp = ip.properties.publicIPAddress?.id;
  if (publicIp && !azure.store.find(publicIp)) throw invalidReference(publicIp, nic.id);
  const group = nic.properties.networkSecurityGroup?.id;
  if (group && !azure.store.find(group)) throw invalidReference(group, nic.id);
}

function completeConfiguration(
  azure: Azure,
  nic: NetworkInterface,
  wanted: { ip: IpConfiguration; existing: NetworkInterface | undefined; isPrimary: boolean },
): void {
  const { ip, existing, isPrimary } = wanted;
  const subnetId = ip.properties.subnet?.id ?? '';
  const before = existing?.properties.ipConfigurations.find(
    (one) => one.name === ip.name && sameId(one.properties.subnet?.id ?? '', subnetId),
  );
  ip.id = `${nic.id}/ipConfigurations/${ip.name}`;
  if (nic.type === INTERFACES) ip.type = `${INTERFACES}/ipConfigurations`;
  ip.properties.provisioningState = 'Succeeded';
  ip.properties.privateIPAddress =
    before?.properties.privateIPAddress ??
    azure.addresses.allocate(subnetId, subnetPrefix(azure, subnetId, nic.id));
  ip.properties.privateIPAllocationMethod ??= 'Dynamic';
  ip.properties.privateIPAddressVersion ??= 'IPv4';
  ip.properties.primary ??= isPrimary;
}

/** Gives up the interface's addresses with the interface. */
export function releaseInterface(azure: Azure, nic: NetworkInterface): void {
  for (const ip of nic.properties.ipConfigurations)
    azure.addresses.free(ip.properties.privateIPAddress ?? '');
  azure.store.delete(nic.id);
}

/** Azure's own vendor prefix, written as the network provider writes it. */
export function newMacAddress(): string {
  const tail = randomBytes(3).toString('hex').toUpperCase();
  return `00-0D-3A-${tail.slice(0, 2)}-${tail.slice(2, 4)}-${tail.slice(4, 6)}`;
}
