import { QueueServiceClient } from '@azure/storage-queue';
import {
  connectStorage,
  createBootLogs,
  createJobOutput,
  createWorkAccessIssuer,
  createWorkQueue,
  prepareStorage,
  type Storage,
} from '../../../shared/azure';
import { completionsQueue, type Owner } from '../../../shared/contracts';
import { ownerContainerName, workQueueName } from '../../../shared/domain';
import { tableNames } from '../../../shared/ports';
import { defineBootLogsContract } from '../../contract/boot-logs';
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

const owner: Owner = { kind: 'scale-set', name: 'cbox', incarnation: 'aaaaaaaa' };

defineJobOutputContract('Azure blobs', async () => {
  const container = storage.blobs.getContainerClient(ownerContainerName(owner));
  await container.createIfNotExists();
  return {
    output: createJobOutput(storage)(owner),
    async append(blob, text) {
      const client = container.getAppendBlobClient(blob);
      await client.createIfNotExists();
      if (text !== '') await client.appendBlock(text, Buffer.byteLength(text));
    },
    async write(blob, text) {
      await container.getBlockBlobClient(blob).upload(text, Buffer.byteLength(text));
    },
  };
});

defineBootLogsContract('Azure blobs', async () => createBootLogs(storage));

test('the first job of an owner makes its container', async () => {
  const output = createJobOutput(storage)({ ...owner, incarnation: 'cccccccc' });
  expect(await output.listAttempts('job-1')).toEqual([]);
  expect(await output.removeJob('job-1', { most: 10, keepMark: false })).toBe(true);
  const run = { program: 'true', arguments: [] };
  const specification = {
    version: 1 as const,
    jobId: 'job-1',
    taskCount: 1,
    run,
    environmentVariables: {},
    maxAttempts: 1,
    failsOnEviction: false,
    wakeWithinMs: 0,
  };
  await output.putSpecification(specification);
  expect(await output.getSpecification('job-1')).toEqual(specification);
});

defineWorkAccessIssuerContract('Shared key', async () => {
  const queue = createWorkQueue(storage);
  const issued: Owner = { ...owner, incarnation: 'dddddddd' };
  const name = workQueueName(issued);
  await queue.create(name);
  await createBootLogs(storage).prepare(issued);
  return {
    issuer: createWorkAccessIssuer(storage),
    owner: issued,
    enqueue: () => queue.enqueue(name, [{ version: 1, jobId: 'j', tasks: [0], retry: 0 }]),
  };
});

describe('preparing storage', () => {
  test('makes every table and the completions queue, and may be repeated', async () => {
    await prepareStorage(storage);
    await prepareStorage(storage);
    const service = QueueServiceClient.fromConnectionString(azurite.connectionString);
    expect(await service.getQueueClient(completionsQueue).exists()).toBe(true);
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
