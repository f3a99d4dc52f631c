import { QueueServiceClient } from '@azure/storage-queue';
import {
  connectStorage,
  createJobOutput,
  createWorkAccessIssuer,
  createWorkQueue,
  prepareStorage,
  type Storage,
} from '../../../shared/azure';
import { completionsQueue } from '../../../shared/contracts';
import { tableNames } from '../../../shared/ports';
import { defineJobOutputContract } from '../../contract/job-output';
import { defineWorkAccessIssuerContract } from '../../contract/work-access-issuer';
import { defineWorkQueueContract } from '../../contract/work-queue';
import { startAzurite, type RunningAzurite } from '../../support/azurite';

let azurite: RunningAzurite;
let storage: Storage;
beforeAll(async () => {
  azurite = await startAzurite();
  storage = connectStorage({ AzureWebJobsStorage: azurite.connectionString });
  await prepareStorage(storage);
});
afterAll(() => azurite.stop());

defineWorkQueueContract('Azure queues', async () => ({
  queue: createWorkQueue(storage),
  async read(queue) {
    const client = storage.queues.getQueueClient(queue);
    if (!(await client.exists())) return undefined;
    const texts: string[] = [];
    for (;;) {
      const { receivedMessageItems } = await client.receiveMessages({ numberOfMessages: 32 });
      if (receivedMessageItems.length === 0) return texts;
      texts.push(...receivedMessageItems.map((item) => item.messageText));
    }
  },
  async expiry(queue) {
    const client = storage.queues.getQueueClient(queue);
    const [message] = (await client.peekMessages()).peekedMessageItems;
    return message!.expiresOn;
  },
}));

defineJobOutputContract('Azure blobs', async () => ({
  output: createJobOutput(storage),
  async append(blob, text) {
    const client = storage.jobs.getAppendBlobClient(blob);
    await client.createIfNotExists();
    if (text !== '') await client.appendBlock(text, Buffer.byteLength(text));
  },
  async write(blob, text) {
    await storage.jobs.getBlockBlobClient(blob).upload(text, Buffer.byteLength(text));
  },
}));

defineWorkAccessIssuerContract('Shared key', async () => {
  const queue = createWorkQueue(storage);
  await queue.create('issued');
  return {
    issuer: createWorkAccessIssuer(storage),
    workQueue: 'issued',
    enqueue: () => queue.enqueue('issued', [{ version: 1, jobId: 'j', task: 0, retry: 0 }]),
  };
});

describe('preparing storage', () => {
  test('makes every table, the jobs container and the completions queue, and may be repeated', async () => {
    await prepareStorage(storage);
    await prepareStorage(storage);
    const service = QueueServiceClient.fromConnectionString(azurite.connectionString);
    expect(await service.getQueueClient(completionsQueue).exists()).toBe(true);
    expect(await storage.jobs.exists()).toBe(true);
    for (const name of tableNames) await storage.table(name).listEntities().next();
  });

  test('keeps what is stored', async () => {
    await storage.table('jobs').upsertEntity({ partitionKey: 'p', rowKey: 'r' });
    await prepareStorage(storage);
    expect(await storage.table('jobs').getEntity('p', 'r')).toMatchObject({ rowKey: 'r' });
  });
});

test('says what to set where neither a connection string nor an identity is there', () => {
  expect(() => connectStorage({})).toThrow(/AzureWebJobsStorage/);
  expect(() => connectStorage({ AzureWebJobsStorage__accountName: 'account' })).toThrow(/identity/);
});
