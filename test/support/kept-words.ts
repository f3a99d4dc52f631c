import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TableClient, TableServiceClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import type { LocalStack } from './local-stack';

/** Longer blobs are not read. */
const readBytes = 1_000_000;

/** Blobs of the account that hold these words. */
export async function blobsWith(stack: LocalStack, words: string): Promise<string[]> {
  const service = BlobServiceClient.fromConnectionString(stack.storage);
  const found: string[] = [];
  for await (const { name: container } of service.listContainers()) {
    const client = service.getContainerClient(container);
    for await (const { name, properties } of client.listBlobsFlat()) {
      const { contentLength: bytes = 0 } = properties;
      if (bytes === 0 || bytes > readBytes) continue;
      const body = await client.getBlobClient(name).downloadToBuffer();
      if (body.includes(words)) found.push(`${container}/${name}`);
    }
  }
  return found;
}

/** Rows of all tables that hold these words. */
export async function rowsWith(stack: LocalStack, words: string): Promise<string[]> {
  const options = { allowInsecureConnection: true };
  const service = TableServiceClient.fromConnectionString(stack.storage, options);
  const found: string[] = [];
  for await (const { name } of service.listTables()) {
    const table = TableClient.fromConnectionString(stack.storage, name!, options);
    for await (const row of table.listEntities())
      if (JSON.stringify(row).includes(words)) found.push(`${name}/${row.partitionKey}/${row.rowKey}`);
  }
  return found;
}

/** Files of the stack (durable histories, logs, disks of VMs), but for those of the storage service, that hold these words. */
export function filesWith(stack: LocalStack, words: string): string[] {
  return readdirSync(stack.stateFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(join(stack.stateFolder, 'storage')))
    .filter((file) => holds(file, words));
}

function holds(file: string, words: string): boolean {
  try {
    return readFileSync(file).includes(words);
  } catch {
    // Gone meanwhile.
    return false;
  }
}
