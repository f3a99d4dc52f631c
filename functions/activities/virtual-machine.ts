import { ownerKey, type Owner } from '../../shared/contracts';
import {
  computerName,
  guestTags,
  networkInterfaceAzureName,
  networkInterfaceResourceId,
  ownerTag,
  stepDone,
  virtualMachineAzureName,
  workQueueName,
  type StepOutcome,
  type VirtualMachineRow,
  type VirtualMachineStatus,
} from '../../shared/domain';
import type { AzureResource } from '../../shared/ports';
import type { App } from '../app';
import { openLedger } from '../records/resources';
import { attempt } from './attempt';
import { guestSetup } from './guest-setup';
import { onRowOf } from './on-row';
import { createForget, createRecord } from './owner-records';

type Input<Extra = object> = { owner: Owner } & Extra;

/** Activities that change a detached VM. Each may be repeated. */
export function createVirtualMachineActivities(app: App) {
  const { compute, network, records } = app;
  const now = (): string => new Date(app.clock.now()).toISOString();
  const onRow = onRowOf(app, 'virtual-machine');
  const tags = (owner: Owner): Record<string, string> => ({ [ownerTag]: ownerKey(owner) });

  return {
    createNetworkInterface: ({ owner }: Input) =>
      onRow(owner, async (row) => {
        const resourceId = networkInterfaceResourceId(row, owner.name);
        await openLedger(records, { resourceId, owner, why: 'interface of a wanted VM', createdAt: now() });
        const body = row.networkInterfaceTemplate.value;
        return attempt(() =>
          network.createNetworkInterface(azureNetworkInterface(row), { body, tags: tags(owner) }),
        );
      }),

    createVirtualMachine: ({ owner }: Input) =>
      onRow(owner, async (row) => {
        await app.workQueue.create(workQueueName(owner));
        await app.bootLogs.prepare(owner);
        await openLedger(records, {
          resourceId: row.resourceId,
          owner,
          why: 'virtual machine wanted',
          createdAt: now(),
        });
        return attempt(() =>
          compute.createVirtualMachine(azureVirtualMachine(row), {
            body: row.template.value,
            networkInterfaceId: networkInterfaceResourceId(row, owner.name),
            computerName: computerName(owner.name),
            guest: guestSetup(app, row),
            tags: { ...guestTags(row.guest), ...tags(owner) },
          }),
        );
      }),

    deleteVirtualMachine: ({ owner }: Input) =>
      onRow(owner, async (row) => {
        if (row.wanted === 'present') await keepConsole(app, row);
        return attempt(() => compute.deleteVirtualMachine(azureVirtualMachine(row)));
      }),

    deleteNetworkInterface: ({ owner }: Input) =>
      onRow(owner, (row) => attempt(() => network.deleteNetworkInterface(azureNetworkInterface(row)))),

    deleteDisks: async ({ diskIds }: Input<{ diskIds: string[] }>): Promise<StepOutcome> => {
      for (const diskId of diskIds) {
        const outcome = await attempt(() => compute.deleteDisk(diskId));
        if (outcome.failure) return outcome;
      }
      return stepDone;
    },

    forgetVirtualMachine: createForget(app, 'Azure has confirmed that the VM and all its parts are gone.'),
    recordVirtualMachine: createRecord<VirtualMachineStatus>(app),
  };
}

/** What a VM whose creation failed wrote to its console says why. Best effort: a VM without one goes all the same. */
async function keepConsole(app: App, { owner, resourceId }: VirtualMachineRow): Promise<void> {
  try {
    const text = await app.compute.readConsoleLog(resourceId);
    if (text) await app.bootLogs.keepConsole(owner, virtualMachineAzureName(owner.name), text);
  } catch {
    // Without boot diagnostics there is none.
  }
}

export function azureVirtualMachine({
  subscriptionId,
  resourceGroup,
  owner,
}: VirtualMachineRow): AzureResource {
  return { subscriptionId, resourceGroup, name: virtualMachineAzureName(owner.name) };
}

export function azureNetworkInterface({
  subscriptionId,
  resourceGroup,
  owner,
}: VirtualMachineRow): AzureResource {
  return { subscriptionId, resourceGroup, name: networkInterfaceAzureName(owner.name) };
}
