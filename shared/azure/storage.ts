import { TableClient } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import type { Config } from '../config';
import { completionsQueue, jobsContainer } from '../contracts';
import { tableNames, type TableName } from '../ports';

/** The clients of one storage account. */
export interface Storage {
  table(name: TableName): TableClient;
  queues: QueueServiceClient;
  blobs: BlobServiceClient;
  jobs: ContainerClient;
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
  const blobs = new BlobServiceClient(address('blob'), credential, { retryOptions });
  return {
    table: once((name) => new TableClient(address('table'), tableOf(name), credential)),
    queues: new QueueServiceClient(address('queue'), credential, { retryOptions }),
    blobs,
    jobs: blobs.getContainerClient(jobsContainer),
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
    jobs: blobs.getContainerClient(jobsContainer),
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

/** Makes what the app stores in: tables, jobs container, completions queue. What is there already stays as it is. */
export async function prepareStorage(storage: Storage): Promise<void> {
  await Promise.all([
    // createTable of the SDK takes "there already" as success.
    ...tableNames.map((name) => storage.table(name).createTable()),
    storage.jobs.createIfNotExists(),
    storage.queues.getQueueClient(completionsQueue).createIfNotExists(),
  ]);
}
