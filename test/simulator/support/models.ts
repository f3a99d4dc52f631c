import type { VirtualMachine, VirtualMachineScaleSet } from '@azure/arm-compute';

export const LOCATION = 'westeurope';
const ADMIN = 'azureuser';

const SSH = {
  publicKeys: [
    {
      path: `/home/${ADMIN}/.ssh/authorized_keys`,
      keyData: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIexample test',
    },
  ],
};

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function profile(ids: { subnetId: string; imageId: string }) {
  return {
    osProfile: {
      computerNamePrefix: 'worker',
      adminUsername: ADMIN,
      customData: base64('#cloud-config\n'),
      linuxConfiguration: { disablePasswordAuthentication: true, ssh: SSH },
    },
    storageProfile: {
      imageReference: { id: ids.imageId },
      osDisk: { createOption: 'FromImage', managedDisk: { storageAccountType: 'Premium_LRS' } },
    },
    networkProfile: {
      networkInterfaceConfigurations: [
        {
          name: 'nic',
          primary: true,
          ipConfigurations: [{ name: 'ipconfig', subnet: { id: ids.subnetId } }],
        },
      ],
    },
    diagnosticsProfile: { bootDiagnostics: { enabled: true } },
  };
}

export function uniformSet(
  ids: { subnetId: string; imageId: string },
  capacity: number,
): VirtualMachineScaleSet {
  return {
    location: LOCATION,
    sku: { name: 'Standard_D2s_v5', tier: 'Standard', capacity },
    orchestrationMode: 'Uniform',
    overprovision: false,
    upgradePolicy: { mode: 'Manual' },
    virtualMachineProfile: profile(ids),
  };
}

export function flexibleSet(
  ids: { subnetId: string; imageId: string },
  capacity: number,
): VirtualMachineScaleSet {
  const model = profile(ids);
  return {
    location: LOCATION,
    sku: { name: 'Standard_D2s_v5', tier: 'Standard', capacity },
    orchestrationMode: 'Flexible',
    platformFaultDomainCount: 1,
    virtualMachineProfile: {
      ...model,
      networkProfile: { ...model.networkProfile, networkApiVersion: '2020-11-01' },
    },
  };
}

/** `nic` and disks go with the VM unless `deleteOption` says otherwise. */
export function singleVm(imageId: string, nicId: string, deleteOption: 'Delete' | 'Detach'): VirtualMachine {
  return {
    location: LOCATION,
    hardwareProfile: { vmSize: 'Standard_D2s_v5' },
    osProfile: {
      computerName: 'solo',
      adminUsername: ADMIN,
      adminPassword: 'Secret-12345',
      customData: base64('#!/bin/sh\n'),
    },
    storageProfile: {
      imageReference: { id: imageId },
      osDisk: { createOption: 'FromImage', deleteOption },
      dataDisks: [{ lun: 0, createOption: 'Empty', diskSizeGB: 64, deleteOption }],
    },
    networkProfile: { networkInterfaces: [{ id: nicId, primary: true, deleteOption }] },
    diagnosticsProfile: { bootDiagnostics: { enabled: true } },
  };
}
