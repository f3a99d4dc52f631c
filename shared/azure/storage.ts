import { TableClient } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import type { Config } from '../config';
import { completionsQueue, repliesContainer, submissionsContainer, submissionsQueue } from '../contracts';
import { tableNames, type TableName } from '../ports';

/** The clients of one storage account. */
export interface Storage {
  table(name: TableName): TableClient;
  queues: QueueServiceClient;
  blobs: BlobServiceClient;
  /** How signatures (SAS) are made: with the account's key, or with a key that Azure gives the app's identity. */
  signing: 'shared-key' | 'user-delegation';
}

export type StorageConfig = Pick<Config, 'AzureWebJobsStorage' | 'AzureWebJobsStorage__accountName'>;

const retryOptions = { maxTries: 4, retryDelayInMs: 500, maxRetryDelayInMs: 8_000 };

/** Opens nothing: the first call does. With an account name alone a credential is needed. */
export function connectStorage(config: StorageConfig, credential?: TokenCredential): Storage {
  if (config.AzureWebJobsStorage) return connectByConnectionString(config.AzureWebJobsStorage);
  const account = config.AzureWebJobsStorage__accountName;
  if (!account || !credential) {
    throw new Error(
      'Storage needs AzureWebJobsStorage (a connection string), or AzureWebJobsStorage__accountName and an identity.',
    );
  }
  const address = (service: string) => `https://${account}.${service}.core.windows.net`;
  return {
    table: once((name) => new TableClient(address('table'), tableOf(name), credential)),
    queues: new QueueServiceClient(address('queue'), credential, { retryOptions }),
    blobs: new BlobServiceClient(address('blob'), credential, { retryOptions }),
    signing: 'user-delegation',
  };
}

function connectByConnectionString(connectionString: string): Storage {
  const blobs = BlobServiceClient.fromConnectionString(connectionString, { retryOptions });
  // Azurite speaks plain http; the connection string says so itself, or is the well-known development one.
  const allowInsecureConnection = blobs.url.startsWith('http://');
  return {
    table: once((name) =>
      TableClient.fromConnectionString(connectionString, tableOf(name), { allowInsecureConnection }),
    ),
    queues: QueueServiceClient.fromConnectionString(connectionString, { retryOptions }),
    blobs,
    signing: 'shared-key',
  };
}

/** The account's other tables (the Durable extension's among them) bear other prefixes. */
function tableOf(name: TableName): string {
  return `muster${name}`;
}

function once(make: (name: TableName) => TableClient): (name: TableName) => TableClient {
  const made = new Map<TableName, TableClient>();
  return (name) => {
    const client = made.get(name) ?? make(name);
    made.set(name, client);
    return client;
  };
}

/** Makes what the app stores in, and what its users reach without it: the submissions queue and its containers. Each owner has a queue and a container of its own. What is there already stays as it is. */
export async function prepareStorage(storage: Storage): Promise<void> {
  await Promise.all([
    // createTable of the SDK takes "there already" as success.
    ...tableNames.map((name) => storage.table(name).createTable()),
    ...[completionsQueue, submissionsQueue].map((name) =>
      storage.queues.getQueueClient(name).createIfNotExists(),
    ),
    ...[submissionsContainer, repliesContainer].map((name) =>
      storage.blobs.getContainerClient(name).createIfNotExists(),
    ),
  ]);
}
