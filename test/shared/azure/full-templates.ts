export const place = { subscriptionId: '11111111-1111-1111-1111-111111111111', resourceGroup: 'group' };
export const prefix = `/subscriptions/${place.subscriptionId}/resourceGroups/group/providers`;
export const subnet = { id: `${prefix}/Microsoft.Network/virtualNetworks/v/subnets/s` };
export const securityGroup = { id: `${prefix}/Microsoft.Network/networkSecurityGroups/g` };
export const identityId = `${prefix}/Microsoft.ManagedIdentity/userAssignedIdentities/i`;
/** Every property that the schema knows, so that one which the SDK's model drops is missed here. */
export const storageProfile = {
  imageReference: { publisher: 'p', offer: 'o', sku: 's', version: 'latest' },
  osDisk: {
    createOption: 'FromImage',
    caching: 'ReadOnly',
    diskSizeGB: 64,
    managedDisk: { storageAccountType: 'Premium_LRS' },
    diffDiskSettings: { option: 'Local', placement: 'ResourceDisk' },
  },
  dataDisks: [
    {
      lun: 3,
      createOption: 'Empty',
      caching: 'None',
      diskSizeGB: 256,
      managedDisk: { storageAccountType: 'UltraSSD_LRS' },
    },
  ],
};
export const machineFields = {
  securityProfile: {
    encryptionAtHost: true,
    securityType: 'TrustedLaunch',
    uefiSettings: { secureBootEnabled: true, vTpmEnabled: false },
  },
  priority: 'Spot',
  evictionPolicy: 'Delete',
  billingProfile: { maxPrice: -1 },
};
export const top = {
  location: 'westeurope',
  tags: { team: 'seismic' },
  zones: ['1', '3'],
  identity: { type: 'UserAssigned', userAssignedIdentities: { [identityId]: {} } },
};
export const nicProperties = {
  enableAcceleratedNetworking: true,
  networkSecurityGroup: securityGroup,
  ipConfigurations: [{ name: 'ip', properties: { subnet, primary: true } }],
};
export function fullScaleSet(orchestrationMode: 'Uniform' | 'Flexible') {
  return {
    ...top,
    sku: { name: 'Standard_D2s_v5', tier: 'Standard' },
    properties: {
      orchestrationMode,
      singlePlacementGroup: false,
      overprovision: true,
      platformFaultDomainCount: 2,
      additionalCapabilities: { ultraSSDEnabled: true },
      priorityMixPolicy: { baseRegularPriorityCount: 2, regularPriorityPercentageAboveBase: 50 },
      virtualMachineProfile: {
        osProfile: { adminUsername: 'seismo' },
        storageProfile,
        networkProfile: {
          networkInterfaceConfigurations: [{ name: 'nic', properties: { primary: true, ...nicProperties } }],
        },
        ...machineFields,
      },
    },
  };
}

export const fullVirtualMachine = {
  ...top,
  properties: {
    hardwareProfile: { vmSize: 'Standard_D4s_v5' },
    storageProfile,
    osProfile: { adminUsername: 'seismo' },
    additionalCapabilities: { ultraSSDEnabled: false },
    ...machineFields,
  },
};

export const fullNetworkInterface = {
  location: 'westeurope',
  tags: { team: 'seismic' },
  properties: nicProperties,
};
