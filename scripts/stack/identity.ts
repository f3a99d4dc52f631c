import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port';

/** What must stay the same from start to start: VMs hold the URL, storage holds data under the key. */
export interface Identity {
  hostPort: number;
  simulatorPort: number;
  blobPort: number;
  queuePort: number;
  tablePort: number;
  signingKey: string;
  storageKey: string;
}

/** The identity kept in the folder, made at the first start. */
export async function identityOf(stateFolder: string): Promise<Identity> {
  const file = join(stateFolder, 'identity.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Identity;
  const identity: Identity = {
    hostPort: await freePort(),
    simulatorPort: await freePort(),
    blobPort: await freePort(),
    queuePort: await freePort(),
    tablePort: await freePort(),
    signingKey: randomBytes(32).toString('base64url'),
    storageKey: randomBytes(64).toString('base64'),
  };
  writeFileSync(file, JSON.stringify(identity), { mode: 0o600 });
  return identity;
}

export const account = 'muster';

export function connectionString(identity: Identity): string {
  const endpoint = (service: string, port: number): string =>
    `${service}Endpoint=http://127.0.0.1:${port}/${account};`;
  return (
    `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${identity.storageKey};` +
    endpoint('Blob', identity.blobPort) +
    endpoint('Queue', identity.queuePort) +
    endpoint('Table', identity.tablePort)
  );
}
