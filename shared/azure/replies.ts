import type { BlockBlobClient } from '@azure/storage-blob';
import { repliesContainer, SubmissionReply, type ReplyPointer } from '../contracts';
import type { Submissions } from '../ports';
import type { Storage } from './storage';
import { isAbsent, isConflict, isNoContainer, isRefusal } from './storage-failure';

/** Replies that nobody takes go after so long. */
const lifetimeSeconds = 30 * 86_400;
/** Azure takes 64 KiB of text, and base64 lengthens it by a third. */
const maxReplyBytes = 48 * 1024;
const attempts = 5;

export function createReplies(storage: Pick<Storage, 'blobs' | 'queues'>): Submissions['reply'] {
  return async (pointer, reply) => {
    try {
      await send(storage, pointer, shortened(reply));
      return null;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return (error as Error).message.slice(0, 500);
    }
  };
}

async function send(
  { blobs, queues }: Pick<Storage, 'blobs' | 'queues'>,
  pointer: ReplyPointer,
  reply: SubmissionReply,
): Promise<void> {
  if ('queue' in pointer) return sendMessage(queues.getQueueClient(pointer.queue), reply);
  const container = blobs.getContainerClient(repliesContainer);
  const put = () => putReply(container.getBlockBlobClient(pointer.blob), reply);
  await put().catch(async (error: unknown) => {
    if (!isNoContainer(error)) throw error;
    await container.createIfNotExists();
    await put();
  });
}

async function sendMessage(
  queue: ReturnType<Storage['queues']['getQueueClient']>,
  reply: SubmissionReply,
): Promise<void> {
  const text = Buffer.from(JSON.stringify(reply)).toString('base64');
  const post = () => queue.sendMessage(text, { messageTimeToLive: lifetimeSeconds });
  await post().catch(async (error: unknown) => {
    if (!isAbsent(error)) throw error;
    await queue.createIfNotExists();
    await post();
  });
}

/** The end is the last word: a repeat of what came before does not take its place. */
async function putReply(blob: BlockBlobClient, reply: SubmissionReply): Promise<void> {
  const body = JSON.stringify(reply);
  for (let attempt = 1; ; attempt++) {
    const known = reply.event === 'ended' ? 'any' : await readReply(blob);
    if (known !== 'any' && known?.submissionId === reply.submissionId && known.event === 'ended') return;
    const conditions =
      known === 'any' ? {} : known === undefined ? { ifNoneMatch: '*' } : { ifMatch: known.etag };
    try {
      await blob.upload(body, Buffer.byteLength(body), {
        conditions,
        blobHTTPHeaders: { blobContentType: 'application/json' },
      });
      return;
    } catch (error) {
      if (!isConflict(error) || attempt === attempts) throw error;
    }
  }
}

async function readReply(
  blob: BlockBlobClient,
): Promise<{ etag: string; submissionId?: string; event?: string } | undefined> {
  try {
    const { etag = '', contentLength = 0 } = await blob.getProperties();
    if (contentLength > maxReplyBytes) return { etag };
    const known = SubmissionReply.safeParse(JSON.parse((await blob.downloadToBuffer()).toString()));
    return { etag, ...(known.success && known.data) };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    if (error instanceof SyntaxError) return { etag: (await blob.getProperties()).etag ?? '' };
    throw error;
  }
}

/** As many problems as a message holds; the whole list is in the API. */
function shortened(reply: SubmissionReply): SubmissionReply {
  const fits = (count: number): boolean =>
    Buffer.byteLength(JSON.stringify({ ...reply, problems: reply.problems.slice(0, count) })) <=
    maxReplyBytes;
  let count = reply.problems.length;
  while (count > 0 && !fits(count)) count = Math.floor(count / 2);
  return { ...reply, problems: reply.problems.slice(0, count) };
}
