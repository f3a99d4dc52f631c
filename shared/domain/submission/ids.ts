/** Of a message, so that each of its deliveries is the same submission. Descends with time: a list by name begins with the newest. */
export function submissionIdOf({ messageId, insertedAt }: { messageId: string; insertedAt: string }): string {
  const part = messageId
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .slice(0, 40);
  return `${oldestSubmissionId(Date.parse(insertedAt))}${part || '0'}`;
}

/** Ids of messages that were inserted before `time` (ms since the epoch) are greater than it. */
export function oldestSubmissionId(time: number): string {
  return `sub-${(2 ** 45 - time).toString(36).padStart(9, '0')}-`;
}
