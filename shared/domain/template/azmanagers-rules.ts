import type { TemplateKind } from '../../contracts';

/** What becomes of a property of an AzManagers template. Without `replacement` it is dropped. */
export interface ImportRule {
  /** Where, `[]` for any element; a leading `**.` for any depth. */
  path: string;
  /** Only such values; all where absent. What no rule takes is judged by the template's schema. */
  when?: (value: unknown) => boolean;
  replacement?: unknown;
  why: string;
}

const is = (expected: unknown) => (value: unknown) => value === expected;
const isEmpty = (value: unknown): boolean =>
  value === null || (typeof value === 'object' && Object.keys(value as object).length === 0);

const always: ImportRule[] = [
  { path: '**.', when: is(null), why: 'it is empty' },
  {
    path: '**.deleteOption',
    when: is('Delete'),
    why: 'Muster says itself that all parts go with their VM',
  },
  {
    path: '**.provisioningState',
    why: 'Azure answers it, a request cannot hold it',
  },
];

const guest = (profile: string): ImportRule[] => [
  { path: `${profile}.customData`, why: 'Muster writes the text that a VM boots from' },
  {
    path: `${profile}.linuxConfiguration`,
    why: 'Muster always forbids passwords and takes the SSH keys of the manifest',
  },
];

const disks = (profile: string): ImportRule[] => [
  {
    path: `${profile}.dataDisks[].managedDisk.storageAccountType`,
    when: is('PremiumSSD_LRS'),
    replacement: 'Premium_LRS',
    why: "Azure knows no PremiumSSD_LRS; AzManagers' manual misnames Premium_LRS so",
  },
  { path: `${profile}.dataDisks[].name`, why: "Muster derives a disk's name from its VM's" },
  { path: `${profile}.osDisk.name`, why: "Muster derives a disk's name from its VM's" },
];

const bootDiagnostics = 'Muster always turns boot diagnostics on, with storage that Azure manages';

const scaleSetProfile = 'properties.virtualMachineProfile';
const scaleSetRules: ImportRule[] = [
  { path: 'sku.capacity', why: 'a placeholder: the capacity is said by the scale set, not by its template' },
  { path: 'properties.upgradePolicy', why: 'Muster always sets Manual (Uniform) or none (Flexible)' },
  {
    path: 'properties.overprovision',
    why: 'AzManagers overwrote it at each call; with Muster it is off unless a template put here says otherwise, since surplus VMs would enrol and vanish',
  },
  {
    path: 'properties.doNotRunExtensionsOnOverprovisionedVMs',
    why: 'it goes with overprovision',
  },
  {
    path: `${scaleSetProfile}.osProfile.computerNamePrefix`,
    why: "Muster derives it from the scale set's name",
  },
  {
    path: `${scaleSetProfile}.networkProfile.networkApiVersion`,
    why: 'Muster sets it where the orchestration mode needs it',
  },
  { path: `${scaleSetProfile}.diagnosticsProfile`, why: bootDiagnostics },
  ...guest(`${scaleSetProfile}.osProfile`),
  ...disks(`${scaleSetProfile}.storageProfile`),
];

const virtualMachineRules: ImportRule[] = [
  {
    path: 'properties.networkProfile',
    why: "a placeholder: the VM's interface is made from a network-interface template",
  },
  { path: 'properties.osProfile.computerName', why: "Muster derives it from the virtual machine's name" },
  { path: 'properties.diagnosticsProfile', why: bootDiagnostics },
  ...guest('properties.osProfile'),
  ...disks('properties.storageProfile'),
];

const ipConfiguration = 'properties.ipConfigurations[]';
const networkInterfaceRules: ImportRule[] = [
  ...['id', 'name', 'type', 'etag', 'properties.resourceGuid', 'properties.macAddress'].map(answered),
  ...['id', 'type', 'etag', 'properties.privateIPAddress'].map((part) =>
    answered(`${ipConfiguration}.${part}`),
  ),
  {
    path: `${ipConfiguration}.properties.privateIPAllocationMethod`,
    when: is('Dynamic'),
    why: "it is Azure's default",
  },
  {
    path: `${ipConfiguration}.properties.privateIPAddressVersion`,
    when: is('IPv4'),
    why: "it is Azure's default",
  },
  { path: 'properties.dnsSettings', when: isEmpty, why: 'it is empty' },
  { path: 'properties.enableIPForwarding', when: is(false), why: "it is Azure's default" },
];

function answered(path: string): ImportRule {
  return { path, why: 'Azure answers it for one interface; a template makes many' };
}

export const importRules: Record<TemplateKind, readonly ImportRule[]> = {
  'scale-set': [...always, ...scaleSetRules],
  'virtual-machine': [...always, ...virtualMachineRules],
  'network-interface': [...always, ...networkInterfaceRules],
};
