import type { CompletionMessage } from '../../shared/contracts/work-messages';
import type { StorageAccess } from './access';
import { persist, type RetryContext } from './retry';

/** Azure takes 64 KiB. */
const maxMessageLength = 64 * 1024;

/** A repeat posts them twice; the control plane takes the second as news it has. More than a message holds go in several. */
export async function postCompletions(
  message: CompletionMessage,
  { access, retry }: { access: StorageAccess; retry: RetryContext },
): Promise<void> {
  const text = Buffer.from(JSON.stringify(message)).toString('base64');
  const halves = text.length > maxMessageLength ? halvesOf(message) : undefined;
  if (halves) {
    for (const half of halves) await postCompletions(half, { access, retry });
    return;
  }
  await persist(
    'post-completions',
    (abortSignal) => access.clients.completionsQueue.sendMessage(text, { abortSignal }),
    retry,
  );
}

/** Between batches, or within the only one; undefined for a single result. */
function halvesOf(message: CompletionMessage): CompletionMessage[] | undefined {
  const { batches } = message;
  if (batches.length > 1) return split(batches).map((half) => ({ ...message, batches: half }));
  const batch = batches[0]!;
  if (batch.results.length < 2) return undefined;
  return split(batch.results).map((results) => ({ ...message, batches: [{ ...batch, results }] }));
}

function split<Item>(items: Item[]): [Item[], Item[]] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}
