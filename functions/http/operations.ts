import type { App } from '../app';
import type { LedgerRow, ScaleSetRow, VirtualMachineRow } from '../../shared/domain';
import { ownerKey } from '../../shared/contracts';
import type { Route } from './route';

/** What an operator asks: is it well, and what is billed for what reason. */
export function operationRoutes(app: App): Route[] {
  return [
    {
      name: 'getHealth',
      method: 'GET',
      path: 'health',
      handle: async () => ({ jsonBody: { status: 'healthy', version: agentVersion(app) } }),
    },
    {
      name: 'listLedger',
      method: 'GET',
      path: 'ledger',
      handle: async () => {
        const scaleSets = await app.records.list<ScaleSetRow>('resources', 'scale-set');
        const machines = await app.records.list<VirtualMachineRow>('resources', 'virtual-machine');
        const owners = [...scaleSets, ...machines].map((row) => row.value.owner);
        const rows = await Promise.all(
          owners.map((owner) => app.records.list<LedgerRow>('ledger', ownerKey(owner))),
        );
        return { jsonBody: { value: rows.flat().map((row) => row.value) } };
      },
    },
  ];
}

function agentVersion(app: App): string {
  return app.agentBundle().sha256.slice(0, 12);
}
