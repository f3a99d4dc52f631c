import { BlobServiceClient, ContainerSASPermissions } from '@azure/storage-blob';
import { QueueSASPermissions, QueueServiceClient } from '@azure/storage-queue';
import { submitByQueue, type SubmissionPlaces } from '../../client';
import { SubmissionReply, type SubmissionView } from '../../shared/contracts';
import { localSettings } from '../../scripts/local-azure/templates';
import { startStack } from '../../scripts/stack/stack';
import { eventually, runNow, startLocalStack, type LocalStack } from '../support/local-stack';

let stack: LocalStack;
let queues: QueueServiceClient;
let places: SubmissionPlaces;
beforeAll(async () => {
  stack = await startLocalStack();
  queues = QueueServiceClient.fromConnectionString(stack.storage);
  places = await placesIn(stack.storage);
  await stack.client.putScaleSet('cbox', { template: 'cbox', capacity: 0 });
}, 60_000);
afterAll(() => stack?.dispose());

const target = { scaleSet: 'cbox' };
const job = (name: string) => ({ name, target, run: { program: 'true' } });
const base64 = (message: unknown): string => Buffer.from(JSON.stringify(message)).toString('base64');
const submissions = () => queues.getQueueClient('job-submissions');

async function placesIn(connectionString: string): Promise<Required<SubmissionPlaces>> {
  const expiresOn = new Date(Date.now() + 3_600_000);
  const container =
    BlobServiceClient.fromConnectionString(connectionString).getContainerClient('job-submissions');
  return {
    queueUrl: await submissions().generateSasUrl({ expiresOn, permissions: QueueSASPermissions.parse('a') }),
    containerUrl: await container.generateSasUrl({
      expiresOn,
      permissions: ContainerSASPermissions.parse('c'),
    }),
  };
}

async function get<Body>(path: string): Promise<{ status: number; body: Body }> {
  const response = await fetch(new URL(path, stack.url), { headers: { 'x-functions-key': stack.key } });
  return { status: response.status, body: (await response.json()) as Body };
}
const list = async (query = ''): Promise<SubmissionView[]> =>
  (await get<{ value: SubmissionView[] }>(`/api/submissions${query}`)).body.value;
const settled = (messageId: string): Promise<SubmissionView> =>
  eventually(`message ${messageId} is settled`, async () =>
    (await list()).find((submission) => submission.messageId === messageId),
  );
const isEmpty = (queue: string) =>
  eventually(`${queue} is empty`, async () => {
    const client = queues.getQueueClient(queue);
    return !(await client.exists()) || (await client.getProperties()).approximateMessagesCount === 0;
  });

async function take(queue: string, count: number): Promise<SubmissionReply[]> {
  const replies: SubmissionReply[] = [];
  await eventually(`${count} replies in ${queue}`, async () => {
    const client = queues.getQueueClient(queue);
    if (!(await client.exists())) return false;
    const { receivedMessageItems } = await client.receiveMessages({ visibilityTimeout: 3600 });
    for (const { messageText } of receivedMessageItems)
      replies.push(SubmissionReply.parse(JSON.parse(Buffer.from(messageText, 'base64').toString())));
    return replies.length >= count;
  });
  return replies;
}

describe('a message on the submissions queue', () => {
  test('is a job, whether its sender encodes it or not, and is told of by its id', async () => {
    const sent = await Promise.all([
      submissions().sendMessage(base64(job('encoded'))),
      submissions().sendMessage(JSON.stringify(job('plain'))),
      submissions().sendMessage(base64({ version: 1, job: job('in an envelope') })),
    ]);
    for (const { messageId } of sent) {
      const submission = await settled(messageId);
      expect(submission).toMatchObject({ state: 'accepted', problems: [], text: null });
      expect(await stack.client.getJob(submission.jobId!)).toMatchObject({ state: 'starting', target });
      expect((await get(`/api/submissions/${submission.id}`)).body).toEqual(submission);
    }
    await isEmpty('job-submissions');
  });

  test('that the SDK sends never expires, and a long job goes into a blob', async () => {
    const script = Array.from({ length: 20_000 }, (_, line) => `# line ${line}`).join('\n');
    const replyTo = { blob: 'sdk/long.json' };
    const ids = [
      await submitByQueue(places, job('short'), { idempotencyKey: 'from-the-sdk', replyTo }),
      await submitByQueue(places, { ...job('long'), run: { script } }, { replyTo }),
    ];
    for (const id of ids) expect((await settled(id)).state).toBe('accepted');
    await expect(
      submitByQueue({ queueUrl: places.queueUrl }, { ...job('long'), run: { script } }),
    ).rejects.toThrow('container URL');
    const byHttp = await stack.client.submitJob(job('short'), { idempotencyKey: 'from-the-sdk' });
    expect((await settled(ids[0]!)).jobId).toBe(byHttp.id);
    const aside = queues.getQueueClient('aside');
    await aside.create();
    const queueUrl = await aside.generateSasUrl({
      expiresOn: new Date(Date.now() + 3_600_000),
      permissions: QueueSASPermissions.parse('a'),
    });
    await submitByQueue({ queueUrl }, job('waits'));
    const [message] = (await aside.peekMessages()).peekedMessageItems;
    expect(message!.expiresOn.getUTCFullYear()).toBeGreaterThan(9000);
  });

  test('and one with the same key by HTTP are one job; a message of another job under it is rejected', async () => {
    const idempotencyKey = 'shared';
    const byHttp = await stack.client.submitJob(job('shared'), { idempotencyKey });
    const same = await submissions().sendMessage(base64({ version: 1, job: job('shared'), idempotencyKey }));
    const other = await submissions().sendMessage(base64({ version: 1, job: job('other'), idempotencyKey }));
    expect((await settled(same.messageId)).jobId).toBe(byHttp.id);
    expect(await settled(other.messageId)).toMatchObject({
      state: 'rejected',
      problems: [{ code: 'IdempotencyKeyReused' }],
    });
    expect(await stack.client.listJobs({ name: 'shared' })).toHaveLength(1);
  });

  test('may say where replies go: one when it is taken, one when its job has ended', async () => {
    const message = { version: 1, job: job('answered'), replyTo: { queue: 'replies-e2e' } };
    const { messageId } = await submissions().sendMessage(base64(message));
    const { id, jobId } = await settled(messageId);
    const [accepted] = await take('replies-e2e', 1);
    expect(accepted).toMatchObject({
      event: 'accepted',
      submissionId: id,
      job: { id: jobId, name: 'answered' },
    });
    await stack.client.cancelJob(jobId!, { reason: 'Enough.' });
    const [ended] = await take('replies-e2e', 1);
    expect(ended).toMatchObject({
      event: 'ended',
      submissionId: id,
      job: { id: jobId, state: 'cancelled', condition: { message: 'Enough.' } },
    });
  }, 30_000);
});

describe('an unusable message', () => {
  const rejected: { what: string; text: string; problems: object[] }[] = [
    { what: 'not JSON', text: 'please run my job', problems: [{ code: 'InvalidJson', target: '(message)' }] },
    {
      what: 'not base64 of JSON',
      text: Buffer.from('<job/>').toString('base64'),
      problems: [{ code: 'InvalidJson' }],
    },
    { what: 'base64 of no text', text: '/////w==', problems: [{ code: 'InvalidJson' }] },
    {
      what: 'JSON but no job',
      text: base64({ colour: 'red' }),
      problems: [
        { code: 'MissingField', target: 'target' },
        { code: 'MissingField', target: 'run' },
        { code: 'UnknownField', target: 'colour' },
      ],
    },
    {
      what: 'a job for an unknown scale set',
      text: base64({ ...job('x'), target: { scaleSet: 'nope' } }),
      problems: [{ code: 'ScaleSetNotFound', target: 'target.scaleSet' }],
    },
    {
      what: 'a job in a blob that is not there',
      text: base64({ version: 1, jobBlob: { name: 'nope.json' } }),
      problems: [{ code: 'BlobNotFound', target: 'jobBlob.name' }],
    },
    {
      what: 'one that would reply into an internal queue',
      text: base64({ version: 1, job: job('x'), replyTo: { queue: 'task-completions' } }),
      problems: [{ code: 'InvalidField', target: 'replyTo.queue' }],
    },
  ];

  test.each(rejected)(
    '($what) is kept with all its problems, and does not block the queue',
    async ({ text, problems }) => {
      const before = Date.now();
      const { messageId } = await submissions().sendMessage(text);
      const submission = await settled(messageId);
      expect(submission).toMatchObject({ state: 'rejected', jobId: null, problems });
      expect(submission.problems).toHaveLength(problems.length);
      const next = await submissions().sendMessage(base64(job('next')));
      expect((await settled(next.messageId)).state).toBe('accepted');
      await isEmpty('job-submissions');
      // In one delivery: a second would come 10 s later.
      expect(Date.now() - before).toBeLessThan(10_000);
      expect(await queues.getQueueClient('job-submissions-poison').exists()).toBe(false);
    },
  );

  test('is listed without the values of its environment variables, and its sender is told', async () => {
    const environmentVariables = { API_TOKEN: 's3cret-value', 'BAD NAME': 's3cret-value' };
    const message = {
      version: 1,
      job: { ...job('x'), environmentVariables },
      replyTo: { blob: 'told/why.json' },
    };
    const { messageId } = await submissions().sendMessage(base64(message));
    const submission = await settled(messageId);
    const text = JSON.stringify((await list('?state=rejected')).find(({ id }) => id === submission.id));
    expect(text).toContain('API_TOKEN');
    expect(text).not.toContain('s3cret-value');
    const blob = BlobServiceClient.fromConnectionString(stack.storage)
      .getContainerClient('replies')
      .getBlobClient('told/why.json');
    await eventually('the reply', () => blob.exists());
    expect(SubmissionReply.parse(JSON.parse((await blob.downloadToBuffer()).toString()))).toMatchObject({
      event: 'rejected',
      job: null,
      problems: [{ target: 'job.environmentVariables.BAD NAME' }],
    });
  });

  test('is listed apart from what was accepted', async () => {
    const [accepted, refused, all] = await Promise.all([
      list('?state=accepted'),
      list('?state=rejected'),
      list(),
    ]);
    expect(new Set(accepted.map(({ state }) => state))).toEqual(new Set(['accepted']));
    expect(new Set(refused.map(({ state }) => state))).toEqual(new Set(['rejected']));
    expect(all).toHaveLength(accepted.length + refused.length);
    expect((await get('/api/submissions?state=lost')).status).toBe(400);
    expect((await get('/api/submissions/nope')).status).toBe(400);
    expect((await get('/api/submissions/sub-000000000-0')).status).toBe(404);
  });
});

test('a message that the host put aside is taken up: as a job where it is one now, else as rejected', async () => {
  const poison = queues.getQueueClient('job-submissions-poison');
  await poison.create();
  const [good, bad] = await Promise.all([
    poison.sendMessage(base64(job('put aside'))),
    poison.sendMessage('<not for a host that decodes base64>'),
  ]);
  await runNow(stack, 'retrySubmissions');
  expect(await settled(good.messageId)).toMatchObject({ state: 'accepted' });
  expect(await settled(bad.messageId)).toMatchObject({
    state: 'rejected',
    problems: [{ code: 'InvalidJson' }],
  });
  await isEmpty('job-submissions-poison');
});

test('with a host that decodes messages itself, and puts aside what it cannot, the same comes of them', async () => {
  const host = stack.components.find((component) => component.name === 'host')!;
  process.kill(host.pid, 'SIGKILL');
  const poison = queues.getQueueClient('job-submissions-poison');
  await poison.createIfNotExists();
  const messageEncoding = { AzureFunctionsJobHost__extensions__queues__messageEncoding: 'base64' };
  const { stateFolder } = stack;
  await startStack({ stateFolder, hasControl: true, settings: { ...localSettings, ...messageEncoding } });
  const encoded = await submissions().sendMessage(base64(job('decoded by the host')));
  expect((await settled(encoded.messageId)).state).toBe('accepted');
  await submissions().sendMessage(JSON.stringify(job('put aside by the host')));
  await eventually(
    'it was put aside',
    async () => (await poison.getProperties()).approximateMessagesCount === 1,
  );
  await runNow(stack, 'retrySubmissions');
  await eventually(
    'it is a job',
    async () => (await stack.client.listJobs({ name: 'put aside by' })).length === 1,
  );
  await isEmpty('job-submissions-poison');
}, 60_000);
