import type { ReplyPointer, SubmissionReply } from '../contracts';

/** A message that the host put aside after it could not deliver it. Its id is a new one, its text as it was sent. */
export interface FailedMessage {
  messageId: string;
  popReceipt: string;
  text: string;
  /** When it was put aside; ISO 8601. */
  failedAt: string;
}

/** What queue submissions need of storage beside the queue that the host reads. */
export interface Submissions {
  /** Text of a blob with a job. `too-long`: more than the limit. */
  readJobBlob(name: string): Promise<{ text: string } | 'missing' | 'too-long'>;
  /**
   * Gives a reply, in a queue that is made where it is not there, or in a blob. A blob with a job's end is not written over by what came
   * before it. Answers why storage refuses the reply for good; null where it is given. Rejects where it may be tried again.
   */
  reply(pointer: ReplyPointer, reply: SubmissionReply): Promise<string | null>;
  /** Up to 32 messages that were put aside; they are not seen again for `hiddenMs`. */
  takeFailed(hiddenMs: number): Promise<FailedMessage[]>;
  /** Gone is no error. */
  removeFailed(message: FailedMessage): Promise<void>;
}
