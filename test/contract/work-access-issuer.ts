import { ContainerClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import type { Owner, WorkAccess } from '../../shared/contracts';
import type { WorkAccessIssuer } from '../../shared/ports';

/** An owner whose queue and container are there, and the issuer. The agent uses the URLs alone, so the suite does too. */
export interface IssuerUnderTest {
  issuer: WorkAccessIssuer;
  owner: Owner;
  /** Puts one message on the work queue. */
  enqueue(): Promise<void>;
}

export function defineWorkAccessIssuerContract(name: string, make: () => Promise<IssuerUnderTest>): void {
  let made: IssuerUnderTest;
  let access: WorkAccess;
  beforeAll(async () => {
    made = await make();
    access = await made.issuer.issue(made.owner, 3_600_000);
  });
  const container = () => new ContainerClient(access.containerUrl);
  const blob = (path: string) => container().getAppendBlobClient(path);
  const refused = { statusCode: 403 };

  describe(`${name}: work access`, () => {
    test('lasts as long as asked', () => {
      const left = Date.parse(access.expiresAt) - Date.now();
      expect(left).toBeGreaterThan(3_500_000);
      expect(left).toBeLessThanOrEqual(3_600_000);
    });

    test('lets an agent get, renew and delete messages of its queue, and add what it gives back', async () => {
      await made.enqueue();
      const queue = new QueueClient(access.workQueueUrls.normal);
      const [message] = (await queue.receiveMessages({ visibilityTimeout: 30 })).receivedMessageItems;
      const renewed = await queue.updateMessage(message!.messageId, message!.popReceipt, undefined, 60);
      await queue.deleteMessage(message!.messageId, renewed.popReceipt!);
      expect((await queue.receiveMessages()).receivedMessageItems).toEqual([]);
      await queue.sendMessage('x');
    });

    test('has a queue for each priority', () => {
      const { high, normal, low } = access.workQueueUrls;
      expect(new Set([high, normal, low].map((url) => new URL(url).pathname)).size).toBe(3);
    });

    test('reaches the queue of no other owner', async () => {
      const other = access.workQueueUrls.normal.replace(/\/work-[^?]+/, '/work-s-bbbbbbbb-other');
      await expect(new QueueClient(other).sendMessage('x')).rejects.toMatchObject(refused);
    });

    test('lets it add completions, and read none', async () => {
      const completions = new QueueClient(access.completionsQueueUrl);
      await completions.sendMessage('x');
      await expect(completions.receiveMessages()).rejects.toMatchObject(refused);
    });

    test('lets it create, append to, write and read blobs of jobs', async () => {
      await blob('a/b/stdout.0000').create();
      await blob('a/b/stdout.0000').appendBlock('ab', 2);
      await container().getBlockBlobClient('a/result.json').upload('{}', 2);
      expect((await blob('a/b/stdout.0000').downloadToBuffer()).toString()).toBe('ab');
    });

    test('reaches no blob of another owner', async () => {
      const other = access.containerUrl.replace(/\/work-[^?]+/, '/work-s-bbbbbbbb-other');
      expect(other).not.toBe(access.containerUrl);
      const blobOfOther = new ContainerClient(other).getBlockBlobClient('jobs/a/result.json');
      await expect(blobOfOther.downloadToBuffer()).rejects.toMatchObject(refused);
      await expect(blobOfOther.upload('x', 1)).rejects.toMatchObject(refused);
    });

    test('lets it list blobs of its owner, and delete none', async () => {
      await blob('kept').create();
      await expect(blob('kept').delete()).rejects.toMatchObject(refused);
      expect(await container().listBlobsFlat({ prefix: 'kept' }).next()).toMatchObject({ done: false });
    });
  });
}
