import type { DurableClient } from 'durable-functions';
import { CloudFailure } from '../../shared/errors';
import type { FailedMessage } from '../../shared/ports';
import type { App } from '../app';
import { deliveriesOfText } from '../records/submissions';
import { giveUpSubmission, takeSubmission, type Delivery } from './take';

const hiddenMs = 300_000;
const maxRounds = 20;
const fullRound = 32;

/**
 * Messages that the host put aside: it failed to deliver them, or could not decode them. Each is tried again for an hour, and then kept as
 * rejected. They are read past the host, which does not deliver to its own poison queue what it cannot decode, and gives up there after
 * a few deliveries.
 */
export async function retryFailedMessages(
  app: App,
  durable: DurableClient,
  warn: (message: string, error: unknown) => void,
): Promise<void> {
  for (let round = 0; round < maxRounds; round++) {
    const messages = await app.submissions.takeFailed(hiddenMs);
    for (const message of messages) {
      const delivery = await originalOf(app, message);
      try {
        await takeSubmission(app, durable, delivery);
      } catch (error) {
        warn(`The submission ${delivery.messageId} fails still.`, error);
        if (!(await isGivenUp(app, { message, delivery, error }))) continue;
      }
      await app.submissions.removeFailed(message);
    }
    if (messages.length < fullRound) return;
  }
}

async function isGivenUp(
  app: App,
  { message, delivery, error }: { message: FailedMessage; delivery: Delivery; error: unknown },
): Promise<boolean> {
  const retryMs = app.config.MUSTER_SUBMISSION_RETRY_MS;
  if (app.clock.now() - Date.parse(message.failedAt) < retryMs) return false;
  const why = error instanceof CloudFailure ? `${error.code}: ${error.message}` : "The app's log says more.";
  const text = `It could not be taken, and was tried again for ${Math.round(retryMs / 1000)} s. ${why} Send it again.`;
  await giveUpSubmission(app, delivery, { code: 'DeliveryFailed', message: text, target: '(message)' });
  return true;
}

/** The host gave it a new id. By its text it is a message that was delivered, and not settled, or settled late; else one never seen. */
async function originalOf(app: App, { messageId, text, failedAt }: FailedMessage): Promise<Delivery> {
  const seen = await deliveriesOfText(app.records, text);
  const original = seen.find((one) => !one.isSettled) ?? seen.find((one) => one.deliveries > 1);
  if (!original) return { messageId, insertedAt: failedAt, deliveries: 1, raw: text };
  return { ...original, deliveries: original.deliveries + 1, raw: text };
}
