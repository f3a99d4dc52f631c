import { BlobServiceClient, ContainerSASPermissions, type ContainerClient } from '@azure/storage-blob';
import { QueueSASPermissions, QueueServiceClient, type QueueClient } from '@azure/storage-queue';
import {
  jobPrefix,
  specificationBlob,
  outputBlob,
  resultsPrefix,
  type OutputStream,
} from '../../../shared/contracts/blob-names';
import { JobSpecification } from '../../../shared/contracts/job-specification';
import {
  CompletionMessage,
  ResultBatch,
  type KeptResult,
  type TaskMessage,
  type TaskResult,
} from '../../../shared/contracts/work-messages';
import { until } from './until';

export type JobInput = Pick<JobSpecification, 'run'> & Partial<JobSpecification>;

/** One test's container and queues, seen with the account's key; the agent gets SAS URLs to the same. */
export class Storage {
  private constructor(
    readonly jobs: ContainerClient,
    readonly work: QueueClient,
    readonly completions: QueueClient,
    /** Of tasks of high priority. */
    readonly high: QueueClient,
  ) {}

  static async create(connectionString: string, name: string): Promise<Storage> {
    const queues = QueueServiceClient.fromConnectionString(connectionString);
    const storage = new Storage(
      BlobServiceClient.fromConnectionString(connectionString).getContainerClient(`jobs-${name}`),
      queues.getQueueClient(`work-${name}`),
      queues.getQueueClient(`completions-${name}`),
      queues.getQueueClient(`work-${name}-h`),
    );
    const { jobs, work, completions, high } = storage;
    await Promise.all([jobs.create(), work.create(), completions.create(), high.create()]);
    return storage;
  }

  /** SAS URLs with the rights WorkAccess names and no more, by way of the ports given. */
  async access(ports: { blob: number; queue: number }): Promise<Record<string, unknown>> {
    const expiresOn = new Date(Date.now() + 3_600_000);
    const through = (port: number, url: string): string =>
      url.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${port}`);
    const [jobs, work, high, completions] = await Promise.all([
      this.jobs.generateSasUrl({ expiresOn, permissions: ContainerSASPermissions.parse('racwl') }),
      this.work.generateSasUrl({ expiresOn, permissions: QueueSASPermissions.parse('aup') }),
      this.high.generateSasUrl({ expiresOn, permissions: QueueSASPermissions.parse('aup') }),
      this.completions.generateSasUrl({ expiresOn, permissions: QueueSASPermissions.parse('a') }),
    ]);
    const workUrl = through(ports.queue, work);
    return {
      workQueueUrls: { high: through(ports.queue, high), normal: workUrl, low: workUrl },
      completionsQueueUrl: through(ports.queue, completions),
      containerUrl: through(ports.blob, jobs),
      expiresAt: expiresOn.toISOString(),
    };
  }

  async submit(jobId: string, input: JobInput): Promise<void> {
    const specification = JobSpecification.parse({
      version: 1,
      jobId,
      taskCount: 1,
      environmentVariables: {},
      ...input,
    });
    const text = JSON.stringify(specification);
    await this.jobs.getBlockBlobClient(specificationBlob(jobId)).upload(text, Buffer.byteLength(text));
    for (let task = 0; task < specification.taskCount; task++) await this.enqueue({ jobId, tasks: [task] });
  }

  async enqueue(
    message: Pick<TaskMessage, 'jobId' | 'tasks'> & Partial<TaskMessage>,
    queue = this.work,
  ): Promise<void> {
    const text = JSON.stringify({ version: 1, retry: 0, ...message });
    await queue.sendMessage(Buffer.from(text).toString('base64'));
  }

  /** Every result of a task that is kept: more than one only where two agents have ended it. */
  async findResults(jobId: string, task = 0): Promise<KeptResult[]> {
    const found: KeptResult[] = [];
    for await (const { name } of this.jobs.listBlobsFlat({ prefix: resultsPrefix(jobId) })) {
      const content = (await this.jobs.getBlobClient(name).downloadToBuffer()).toString('utf8');
      found.push(...ResultBatch.parse(JSON.parse(content)).results.filter((one) => one.task === task));
    }
    return found;
  }

  async findResult(jobId: string, task = 0): Promise<TaskResult | undefined> {
    const [first] = await this.findResults(jobId, task);
    if (!first) return undefined;
    const { output: _, ...result } = first;
    return result;
  }

  result(jobId: string, task = 0, deadlineMs?: number): Promise<TaskResult> {
    return until(`task ${task} of ${jobId} has a result`, () => this.findResult(jobId, task), deadlineMs);
  }

  /** All segments of a stream of one attempt. */
  async output(attempt: TaskResult, stream: OutputStream): Promise<Buffer> {
    if (attempt.outputIn === 'result') {
      const [kept] = await this.findResults(attempt.jobId, attempt.task);
      return Buffer.from(kept!.output![stream], 'base64');
    }
    const segments: Buffer[] = [];
    for (let segment = 0; ; segment++) {
      const blob = this.jobs.getBlobClient(outputBlob(attempt, stream, segment));
      if (!(await blob.exists())) return Buffer.concat(segments);
      const { contentLength } = await blob.getProperties();
      segments.push(contentLength ? await blob.downloadToBuffer() : Buffer.alloc(0));
    }
  }

  async text(attempt: TaskResult, stream: OutputStream): Promise<string> {
    return (await this.output(attempt, stream)).toString('utf8');
  }

  /** What the first segment of a job's only attempt holds by now; empty if there is none. */
  async streamSoFar(jobId: string, stream: OutputStream): Promise<Buffer> {
    for await (const { name, properties } of this.jobs.listBlobsFlat({
      prefix: `${jobPrefix(jobId)}tasks/`,
    })) {
      if (!name.endsWith(`/${stream}.0000`) || !properties.contentLength) continue;
      return this.jobs.getBlobClient(name).downloadToBuffer();
    }
    return Buffer.alloc(0);
  }

  /** The first line on stdout of each attempt so far. */
  async firstLines(jobId: string): Promise<string[]> {
    const lines: string[] = [];
    for await (const { name, properties } of this.jobs.listBlobsFlat({
      prefix: `${jobPrefix(jobId)}tasks/`,
    })) {
      if (!name.endsWith('/stdout.0000') || !properties.contentLength) continue;
      lines.push((await this.jobs.getBlobClient(name).downloadToBuffer()).toString().split('\n')[0]!);
    }
    return lines;
  }

  /** Hidden messages count too. */
  async queueIsEmpty(): Promise<void> {
    await until('the work queue is empty', async () => {
      return (await this.work.getProperties()).approximateMessagesCount === 0;
    });
  }

  /** What was told through the queue, where the control plane did not answer. */
  async posted(): Promise<TaskResult[]> {
    const { receivedMessageItems } = await this.completions.receiveMessages({
      numberOfMessages: 32,
      visibilityTimeout: 1,
    });
    return receivedMessageItems.flatMap(({ messageText }) => {
      const content: unknown = JSON.parse(Buffer.from(messageText, 'base64').toString('utf8'));
      return CompletionMessage.parse(content).batches.flatMap(({ results }) => results);
    });
  }
}
