import net from 'node:net';
import { QueueServiceClient, type QueueClient } from '@azure/storage-queue';
import { startAzurite, type RunningAzurite } from '../../support/azurite';
import { HostProcess, until } from './support/host-process';

interface QueueRecord {
  message: unknown;
  metadata: Record<string, unknown>;
  dequeueCount: number;
  mostAtOnce: number;
  state: string;
}

const encode = (text: string): string => Buffer.from(text).toString('base64');
const decode = (text = ''): string => Buffer.from(text, 'base64').toString();

describe('storage-queue triggers and outputs', () => {
  let azurite: RunningAzurite;
  let host: HostProcess;
  const queue = (name: string): QueueClient =>
    QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient(name);
  const environment = () => ({
    AzureWebJobsStorage: azurite.connectionString,
    AzureWebJobsOtherStorage: azurite.connectionString,
    FAILING_QUEUE: 'failing-queue',
    NIGHTLY: '0 0 3 * * *',
  });
  const records = (name: string) => host.json<QueueRecord[]>(`/api/records?of=${name}`);
  const untilRecorded = (name: string, count: number) =>
    until(async () => {
      const found = await records(name);
      return found.length >= count ? found : undefined;
    });
  const untilEmpty = (name: string) =>
    until(async () =>
      (await queue(name).getProperties()).approximateMessagesCount === 0 ? true : undefined,
    );

  beforeAll(async () => {
    azurite = await startAzurite();
    host = await HostProcess.start('trigger-app', { env: environment() });
  });
  afterAll(async () => {
    await host.stop();
    await azurite.stop();
  });

  test('a missing queue is made', async () => {
    await until(async () => ((await queue('incoming').exists()) ? true : undefined));
  });

  test('a message reaches its function as JSON or text, with its metadata, and is deleted', async () => {
    await until(async () => ((await queue('incoming').exists()) ? true : undefined));
    const { messageId } = await queue('incoming').sendMessage(encode('{"task":7}'));
    await queue('incoming').sendMessage(encode('plain text'));
    const seen = await untilRecorded('fromQueue', 2);
    expect(seen.map(({ message }) => message)).toEqual(expect.arrayContaining([{ task: 7 }, 'plain text']));
    const metadata = seen.find(({ message }) => typeof message === 'object')?.metadata ?? {};
    expect(metadata).toMatchObject({
      id: messageId,
      dequeueCount: 1,
      popReceipt: expect.any(String),
      queueTrigger: { task: 7 },
    });
    for (const name of ['insertionTime', 'expirationTime', 'nextVisibleTime']) {
      expect(Date.parse(String(metadata[name]))).not.toBeNaN();
    }
    await untilEmpty('incoming');
  });

  test('a message that keeps failing is tried maxDequeueCount times, then goes to the poison queue', async () => {
    await until(async () => ((await queue('failing-queue').exists()) ? true : undefined));
    await queue('failing-queue').sendMessage(encode('hopeless'));
    const poison = queue('failing-queue-poison');
    const { receivedMessageItems } = await until(async () => {
      const found = (await poison.exists()) ? await poison.receiveMessages() : undefined;
      return found && found.receivedMessageItems.length > 0 ? found : undefined;
    });
    expect(decode(receivedMessageItems[0]?.messageText)).toBe('hopeless');
    expect((await records('failing')).map(({ dequeueCount }) => dequeueCount)).toEqual([1, 2, 3]);
    await untilEmpty('failing-queue');
  });

  test('a message that is not base64 goes to the poison queue as it is', async () => {
    await until(async () => ((await queue('relay').exists()) ? true : undefined));
    await queue('relay').sendMessage('<not base64>');
    const poison = queue('relay-poison');
    const { receivedMessageItems } = await until(async () => {
      const found = (await poison.exists()) ? await poison.receiveMessages() : undefined;
      return found && found.receivedMessageItems.length > 0 ? found : undefined;
    });
    expect(receivedMessageItems[0]?.messageText).toBe('<not base64>');
  });

  test('a message that is not UTF-8 is not handed over as text, and goes to the poison queue', async () => {
    await until(async () => ((await queue('relay').exists()) ? true : undefined));
    await queue('relay').sendMessage('/////w==');
    const poison = queue('relay-poison');
    const { receivedMessageItems } = await until(async () => {
      const found = (await poison.exists()) ? await poison.receiveMessages() : undefined;
      return found && found.receivedMessageItems.length > 0 ? found : undefined;
    });
    expect(receivedMessageItems[0]?.messageText).toBe('/////w==');
    expect(host.stderr).toContain('not valid UTF-8');
  });

  test('a message that fails on a poison queue stays there, hidden, in place of going round and round', async () => {
    await until(async () => ((await queue('hospital-poison').exists()) ? true : undefined));
    for (const [number, text] of ['one', 'two'].entries()) {
      await queue('hospital-poison').sendMessage(encode(text));
      await untilRecorded('hospital', number + 1);
    }
    expect((await records('hospital')).map(({ message }) => message)).toEqual(['one', 'two']);
    expect((await queue('hospital-poison').getProperties()).approximateMessagesCount).toBe(2);
    expect((await queue('hospital-poison').peekMessages()).peekedMessageItems).toEqual([]);
  });

  test('many messages run at once, but not more than batchSize + newBatchThreshold', async () => {
    await until(async () => ((await queue('parallel').exists()) ? true : undefined));
    const numbers = Array.from({ length: 30 }, (_, index) => index);
    await Promise.all(numbers.map((number) => queue('parallel').sendMessage(encode(String(number)))));
    const seen = await untilRecorded('parallel', 30);
    expect(seen.map(({ message }) => Number(message)).sort((a, b) => a - b)).toEqual(numbers);
    const mostAtOnce = Math.max(...seen.map((record) => record.mostAtOnce));
    expect(mostAtOnce).toBeGreaterThan(1);
    expect(mostAtOnce).toBeLessThanOrEqual(6);
  });

  test('an output binding sends one message, or one for each element of an array', async () => {
    const before = (await records('fromQueue')).length;
    await host.postJson('/api/send', ['one', { two: 2 }]);
    await host.postJson('/api/send', { three: 3 });
    const seen = (await untilRecorded('fromQueue', before + 3)).slice(before).map(({ message }) => message);
    expect(seen).toHaveLength(3);
    expect(seen).toEqual(expect.arrayContaining(['one', { two: 2 }, { three: 3 }]));
  });

  test('the result of a function goes to the queue its return binding names', async () => {
    await queue('relay').sendMessage(encode('pass it on'));
    const { receivedMessageItems } = await until(async () => {
      const found = (await queue('relayed').exists()) ? await queue('relayed').receiveMessages() : undefined;
      return found && found.receivedMessageItems.length > 0 ? found : undefined;
    });
    expect(JSON.parse(decode(receivedMessageItems[0]?.messageText))).toEqual({ relayed: 'pass it on' });
  });

  test('a message whose function is running stays invisible; draining waits for it and deletes it', async () => {
    const second = await HostProcess.start('trigger-app', {
      env: { ...environment(), AzureWebJobsStorage: azurite.connectionString },
    });
    await host.stop();
    host = second;
    await queue('slow').sendMessage(encode('{"ms":700}'));
    await untilRecorded('slow', 1);
    expect((await queue('slow').peekMessages()).peekedMessageItems).toEqual([]);
    expect(await host.stop()).toBe(0);
    expect((await queue('slow').getProperties()).approximateMessagesCount).toBe(0);
    host = await HostProcess.start('trigger-app', { env: environment() });
  });

  test('a queue function can be run by hand with the master key', async () => {
    const headers = { 'x-functions-key': host.ready.masterKey };
    const response = await host.postJson('/admin/functions/fromQueue', { input: '{"by":"hand"}' }, headers);
    expect(response.status).toBe(202);
    const seen = await untilRecorded('fromQueue', 1);
    expect(seen.map(({ message }) => message)).toContainEqual({ by: 'hand' });
  });

  test('a storage that is away does not end the host, and is read again when it is back', async () => {
    const gate = await openGate(azurite.connectionString);
    const alone = await HostProcess.start('trigger-app', {
      env: { ...environment(), AzureWebJobsStorage: gate.connectionString },
    });
    await until(() => alone.stderr.includes("Cannot read queue 'slow'") || undefined);
    await host.stop();
    await queue('slow').sendMessage(encode('{"ms":0}'));
    gate.open();
    const seen = await until(async () => {
      const found = await alone.json<QueueRecord[]>('/api/records?of=slow');
      return found.some(({ state }) => state === 'done') ? found : undefined;
    }, 20_000);
    expect(seen.map(({ message }) => message)).toContainEqual({ ms: 0 });
    expect(await alone.stop()).toBe(0);
    await gate.close();
    host = await HostProcess.start('trigger-app', { env: environment() });
  });
});

/** A port before Azurite's queue service that cuts every connection until it is opened. */
async function openGate(connectionString: string) {
  const target = Number(/QueueEndpoint=http:\/\/127\.0\.0\.1:(\d+)/.exec(connectionString)?.[1]);
  let isOpen = false;
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    if (!isOpen) return void socket.destroy();
    const behind = net.connect(target, '127.0.0.1').on('error', () => socket.destroy());
    sockets.add(behind);
    socket.pipe(behind).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  return {
    connectionString: connectionString.replace(/(QueueEndpoint=http:\/\/127\.0\.0\.1:)\d+/, `$1${port}`),
    open: () => void (isOpen = true),
    close: async () => {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
