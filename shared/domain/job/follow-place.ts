/** Where a reader stands in one task: an attempt, and the next byte of each stream. */
export interface TaskPlace {
  retry: number;
  attemptId: string;
  stdout: number;
  stderr: number;
}

/** So many tasks of a job are followed at the same time: those that share a hundred. */
export const followedAtOnce = 100;

/** Where a reader stands in a whole job: in the tasks of one hundred, those before it having ended. */
export interface JobPlace {
  hundred: number;
  /** Tasks of the hundred that have ended, and were read to their ends. */
  ended: ReadonlySet<number>;
  tasks: ReadonlyMap<number, TaskPlace>;
}

/** As the `id` of an event: `{task}:{retry}:{attempt}:{next byte of stdout}:{of stderr}`. */
export function taskPlaceText(task: number, place: TaskPlace): string {
  return [task, place.retry, place.attemptId, place.stdout, place.stderr].join(':');
}

const taskPlacePattern = /^(\d{1,6}):(\d{1,3}):([0-9a-z-]{1,100}):(\d{1,15}):(\d{1,15})$/;

/** Undefined for any other text. */
export function parseTaskPlace(text: string): (TaskPlace & { task: number }) | undefined {
  const match = taskPlacePattern.exec(text);
  if (!match) return undefined;
  const [, task, retry, attemptId, stdout, stderr] = match;
  return {
    task: Number(task),
    retry: Number(retry),
    attemptId: attemptId!,
    stdout: Number(stdout),
    stderr: Number(stderr),
  };
}

/** As the `id` of an event: `{hundred}.{ended, one bit a task, hexadecimal}`, then `~` and the place of each task that has begun. */
export function jobPlaceText({ hundred, ended, tasks }: JobPlace): string {
  let bits = 0n;
  for (const task of ended) bits |= 1n << BigInt(task - hundred * followedAtOnce);
  const open = [...tasks].filter(([task]) => !ended.has(task));
  return [`${hundred}.${bits.toString(16)}`, ...open.map(([task, place]) => taskPlaceText(task, place))].join(
    '~',
  );
}

/** Undefined for any other text. */
export function parseJobPlace(text: string): JobPlace | undefined {
  const [head = '', ...rest] = text.split('~');
  const match = /^(\d{1,4})\.([0-9a-f]{1,25})$/.exec(head);
  if (!match || rest.length > followedAtOnce) return undefined;
  const hundred = Number(match[1]);
  const bits = BigInt(`0x${match[2]}`);
  const ofHundred = Array.from({ length: followedAtOnce }, (_, index) => index);
  const ended = ofHundred.filter((index) => (bits >> BigInt(index)) & 1n);
  const tasks = new Map<number, TaskPlace>();
  for (const part of rest) {
    const parsed = parseTaskPlace(part);
    if (!parsed || Math.floor(parsed.task / followedAtOnce) !== hundred) return undefined;
    const { task, ...place } = parsed;
    tasks.set(task, place);
  }
  return { hundred, ended: new Set(ended.map((index) => index + hundred * followedAtOnce)), tasks };
}
