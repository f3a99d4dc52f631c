import { randomBytes } from 'node:crypto';
import type { Azure } from '../../azure';
import { badRequest, invalidReference, ArmError } from '../../resource-manager/errors';
import { resourceGroupOf, sameId } from '../../resource-manager/resource-id';
import { stampEtag } from '../../resource-manager/tracked-resource';
import {
  completeInterface,
  INTERFACES,
  newMacAddress,
  releaseInterface,
  SCALE_SET_INTERFACES,
  type NetworkInterface,
} from '../Microsoft.Network/network-interface-records';
import {
  SCALE_SET_VMS,
  type InterfaceConfiguration,
  type InterfaceReference,
  type VirtualMachine,
} from './models';

/** Existing interfaces are attached; those described in the model are made now. */
export function attachInterfaces(azure: Azure, vm: VirtualMachine): void {
  const profile = vm.properties.networkProfile;
  const references = profile?.networkInterfaces ?? [];
  const nics = references.map((reference) => findFree(azure, vm, reference.id));
  const configurations =
    profile?.networkInterfaceConfigurations ??
    vm.properties.networkProfileConfiguration?.networkInterfaceConfigurations ??
    [];
  if (nics.length + configurations.length === 0) {
    throw badRequest(
      'InvalidParameter',
      "Required parameter 'networkProfile' is missing (null).",
      'networkProfile',
    );
  }
  const made: InterfaceReference[] = [];
  try {
    for (const configuration of configurations)
      made.push(makeInterface(azure, vm, { configuration, isFirst: nics.length + made.length === 0 }));
  } catch (error) {
    for (const { id } of made) releaseInterface(azure, azure.store.find<NetworkInterface>(id)!);
    throw error;
  }
  nics.forEach((nic, index) =>
    attach(vm, nic, references.length === 1 || references[index]?.properties?.primary === true),
  );
  const { networkInterfaceConfigurations: _made, ...kept } = profile ?? {};
  vm.properties.networkProfile = { ...kept, networkInterfaces: [...references, ...made] };
}

function findFree(azure: Azure, vm: VirtualMachine, id: string): NetworkInterface {
  const nic = azure.store.find<NetworkInterface>(id);
  if (!nic) throw invalidReference(id, vm.id);
  const user = nic.properties.virtualMachine?.id;
  if (user !== undefined && !sameId(user, vm.id)) {
    throw new ArmError(400, 'NicInUse', {
      message: `Network Interface ${nic.id} is used by existing resource ${user}. In order to use the network interface, it must be dissociated from the resource.`,
      details: [],
    });
  }
  if (nic.properties.provisioningState === 'Deleting') throw invalidReference(id, vm.id);
  return nic;
}

function attach(vm: VirtualMachine, nic: NetworkInterface, isPrimary: boolean): void {
  nic.properties.virtualMachine = { id: vm.id };
  nic.properties.macAddress ??= newMacAddress();
  nic.properties.primary = isPrimary;
  stampEtag(nic);
}

function makeInterface(
  azure: Azure,
  vm: VirtualMachine,
  wanted: { configuration: InterfaceConfiguration; isFirst: boolean },
): { id: string; properties?: { primary: boolean; deleteOption: 'Delete' | 'Detach' } } {
  const { configuration, isFirst } = wanted;
  const isUniform = vm.type === SCALE_SET_VMS;
  const group = `/subscriptions/${azure.subscriptionId}/resourceGroups/${resourceGroupOf(vm.id)}`;
  const name = isUniform ? configuration.name : `${configuration.name}-${randomBytes(4).toString('hex')}`;
  const model = configuration.properties ?? {};
  const nic: NetworkInterface = {
    name,
    id: isUniform ? `${vm.id}/networkInterfaces/${name}` : `${group}/providers/${INTERFACES}/${name}`,
    type: isUniform ? SCALE_SET_INTERFACES : INTERFACES,
    location: vm.location ?? '',
    ...(isUniform ? {} : { tags: vm.tags ?? {} }),
    properties: {
      provisioningState: 'Succeeded',
      ipConfigurations: (model.ipConfigurations ?? []).map((ip) => ({
        name: ip.name,
        properties: structuredClone(pickAddress(ip.properties)),
      })),
      ...(model.networkSecurityGroup ? { networkSecurityGroup: model.networkSecurityGroup } : {}),
      enableAcceleratedNetworking: model.enableAcceleratedNetworking ?? false,
      enableIPForwarding: model.enableIPForwarding ?? false,
    },
    state: {},
  };
  completeInterface(azure, nic);
  attach(vm, nic, model.primary ?? isFirst);
  azure.store.put(nic);
  const properties = {
    primary: model.primary ?? isFirst,
    deleteOption: model.deleteOption ?? ('Delete' as const),
  };
  return isUniform ? { id: nic.id } : { id: nic.id, properties };
}

type ModelAddress = NonNullable<
  NonNullable<InterfaceConfiguration['properties']>['ipConfigurations']
>[number]['properties'];

function pickAddress(properties: ModelAddress): {
  subnet?: { id: string };
  primary?: boolean;
  privateIPAddressVersion?: string;
} {
  const { subnet, primary, privateIPAddressVersion } = properties ?? {};
  return {
    ...(subnet ? { subnet } : {}),
    ...(primary === undefined ? {} : { primary }),
    ...(privateIPAddressVersion ? { privateIPAddressVersion } : {}),
  };
}

export function interfacesOf(azure: Azure, vm: VirtualMachine): NetworkInterface[] {
  const ids = (vm.properties.networkProfile?.networkInterfaces ?? []).map((one) => one.id);
  return ids.map((id) => azure.store.find<NetworkInterface>(id)).filter((nic) => nic !== undefined);
}

/** Interfaces of instances go with them; of a single VM only those marked Delete do. */
export function releaseInterfaces(azure: Azure, vm: VirtualMachine): void {
  for (const reference of vm.properties.networkProfile?.networkInterfaces ?? []) {
    const nic = azure.store.find<NetworkInterface>(reference.id);
    if (!nic) continue;
    if (vm.type === SCALE_SET_VMS || reference.properties?.deleteOption === 'Delete') {
      for (const ip of nic.properties.ipConfigurations) {
        if (ip.properties.publicIPAddress?.properties?.deleteOption === 'Delete')
          azure.store.delete(ip.properties.publicIPAddress.id);
      }
      releaseInterface(azure, nic);
    } else {
      delete nic.properties.virtualMachine;
      delete nic.properties.macAddress;
      delete nic.properties.primary;
    }
  }
}
