import type { SubmissionRow } from '../../../functions/records/submissions';
import { retryFailedMessages } from '../../../functions/submissions/retry-failed';
import { deliveriesTo, jobNamed, message } from './deliveries';
import { usePretendApp, type PretendApp } from './pretend-app';

let pretend: PretendApp;
usePretendApp((made) => (pretend = made));

const { deliver, kept, replies } = deliveriesTo(() => pretend);

describe('a message that the host put aside', () => {
  const poison = async (raw: string): Promise<void> => {
    const queue = pretend.storage.queues.getQueueClient('job-submissions-poison');
    await queue.createIfNotExists();
    await queue.sendMessage(raw);
  };
  const warnings: string[] = [];
  const retry = () => retryFailedMessages(pretend.app, pretend.durable, (text) => void warnings.push(text));
  const left = async (): Promise<number | undefined> =>
    (await pretend.storage.queues.getQueueClient('job-submissions-poison').getProperties())
      .approximateMessagesCount;
  const rejectedWith = async (words: string): Promise<SubmissionRow | undefined> =>
    (await pretend.app.records.list<SubmissionRow>('submissions', 'rejected'))
      .map((row) => row.value)
      .find(({ text }) => text?.includes(words));

  test('after its job was made is that job, whatever id it has now', async () => {
    pretend.crash(undefined);
    await deliver(message(jobNamed('healthy')));
    const lastCall = pretend.calls();
    const sent = message(jobNamed('poisoned'));
    for (let deliveries = 1; deliveries <= 5; deliveries++) {
      // The job is made at the first; what became of it is never written.
      pretend.crash({ at: deliveries === 1 ? lastCall : 2, when: 'before' });
      await deliver(sent, deliveries).catch(() => undefined);
    }
    pretend.crash(undefined);
    expect(await kept(sent)).toBeUndefined();
    expect(await pretend.jobsNamed('poisoned')).toHaveLength(1);
    await poison(Buffer.from(sent.raw).toString('base64'));
    await retry();
    expect(await pretend.jobsNamed('poisoned')).toHaveLength(1);
    expect(await kept(sent)).toMatchObject({ state: 'accepted' });
    expect(await left()).toBe(0);
  });

  test('is made a job where it is usable now, beside an earlier one of the same words', async () => {
    await deliver(message(jobNamed('recovered')));
    await poison(JSON.stringify(jobNamed('recovered')));
    await retry();
    expect(await pretend.jobsNamed('recovered')).toHaveLength(2);
    expect(await left()).toBe(0);
  });

  test('because it could not be decoded is kept as rejected', async () => {
    await poison('<xml>run this</xml>');
    await retry();
    expect(await rejectedWith('<xml>')).toMatchObject({
      text: '<xml>run this</xml>',
      problems: [{ code: 'InvalidJson' }],
    });
    expect(await left()).toBe(0);
  });

  test('stays while we fail, and is rejected with the reason when we have failed for too long', async () => {
    const replyTo = { queue: 'replies-given-up' };
    await poison(JSON.stringify({ version: 1, job: jobNamed('hopeless'), replyTo }));
    pretend.crash({ at: 4, when: 'before', isAlone: true });
    await retry();
    expect(warnings).toHaveLength(1);
    expect(await left()).toBe(1);
    const { takeFailed } = pretend.app.submissions;
    const patient = pretend.app.config.MUSTER_SUBMISSION_RETRY_MS;
    const queue = pretend.storage.queues.getQueueClient('job-submissions-poison');
    await queue.clearMessages();
    await poison(JSON.stringify({ version: 1, job: jobNamed('hopeless'), replyTo }));
    pretend.app.config.MUSTER_SUBMISSION_RETRY_MS = 1;
    pretend.app.submissions.takeFailed = async (ms) => {
      const taken = await takeFailed(ms);
      pretend.crash({ at: 3, when: 'before', isAlone: true });
      return taken;
    };
    await retry();
    pretend.app.submissions.takeFailed = takeFailed;
    pretend.app.config.MUSTER_SUBMISSION_RETRY_MS = patient;
    expect(await rejectedWith('hopeless')).toMatchObject({ problems: [{ code: 'DeliveryFailed' }] });
    expect(await replies(replyTo)).toMatchObject([{ event: 'rejected' }]);
    expect(await pretend.jobsNamed('hopeless')).toEqual([]);
    expect(await left()).toBe(0);
  });
});
