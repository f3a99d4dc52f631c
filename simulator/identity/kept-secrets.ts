import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What clients hold on to: the app's IDENTITY_HEADER, and the key behind tokens that they cache for a day. */
export interface IdentitySecrets {
  header: string;
  privateKeyPem: string;
}

export function newSecrets(): IdentitySecrets {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { header: randomBytes(24).toString('hex'), privateKeyPem };
}

/** The same secrets at every start with the same folder, so that a restart does not lock out who runs on. */
export async function keptSecrets(folder: string): Promise<IdentitySecrets> {
  const file = join(folder, 'identity.json');
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined) return JSON.parse(kept) as IdentitySecrets;
  const secrets = newSecrets();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(file, JSON.stringify(secrets), { mode: 0o600 });
  return secrets;
}
