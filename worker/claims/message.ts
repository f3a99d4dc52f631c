import { jobIdPattern } from '../../shared/contracts/names';
import { TaskMessage } from '../../shared/contracts/work-messages';

export function encodeMessage(message: TaskMessage): string {
  return Buffer.from(JSON.stringify(message)).toString('base64');
}

/** Undefined for what is none of ours. */
export function parseTaskMessage(body: string): TaskMessage | undefined {
  try {
    const parsed = TaskMessage.safeParse(JSON.parse(Buffer.from(body, 'base64').toString('utf8')));
    return parsed.success && jobIdPattern.test(parsed.data.jobId) ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Deliveries that count as attempts, this one too: those whose agent had to go do not. */
export function attemptsBegun(message: TaskMessage, dequeueCount: number): number {
  return dequeueCount - (message.interruptions ?? 0);
}

/** What is left of a message, for another delivery. `isInterrupted`: its agent had to go, so this delivery is none of the attempts. */
export function remaining(message: TaskMessage, tasks: number[], isInterrupted: boolean): TaskMessage {
  const interruptions = (message.interruptions ?? 0) + (isInterrupted ? 1 : 0);
  return { ...message, tasks, ...(interruptions > 0 && { interruptions }) };
}

/** Messages for tasks that this delivery did not begin: they count from the first delivery again. */
export function fresh(message: TaskMessage, tasks: number[], tasksPerMessage: number): TaskMessage[] {
  const { interruptions: _, ...rest } = message;
  const messages: TaskMessage[] = [];
  for (let start = 0; start < tasks.length; start += tasksPerMessage)
    messages.push({ ...rest, tasks: tasks.slice(start, start + tasksPerMessage) });
  return messages;
}
