import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { give, type TaskFolder } from '../task/folder';
import type { Identity } from '../task/identity';

/** A call of the launch agent that nobody has answered. */
export interface LaunchRequest {
  id: string;
  host: string;
  command: string;
}

/** MPI's command for a VM names every VM of the gang. */
const maxRequestBytes = 64 * 1024;
const requestName = /^([A-Za-z0-9]{8})\.ready$/;

/** It waits less often the longer the command runs; whoever called it mostly ends before it. */
const script = `#!/bin/sh
# launch HOST COMMAND... runs a command on another VM of this task, as ssh does.
here=\${0%/*}
[ $# -ge 2 ] || { echo "usage: $0 HOST COMMAND..." >&2; exit 2; }
host=$1
shift
request=$(mktemp "$here/requests/XXXXXXXX") || exit 1
printf '%s\\n%s' "$host" "$*" >"$request" && mv "$request" "$request.ready" || exit 1
answer=$here/answers/\${request##*/}
looks=0
while [ ! -e "$answer" ]; do
  looks=$((looks + 1))
  if [ $looks -lt 40 ]; then sleep 0.05; elif [ $looks -lt 80 ]; then sleep 0.25; else sleep 1; fi
done
{ read -r code; cat >&2; } <"$answer"
exit "$code"
`;

/** A member's: nothing calls it, but MPI's daemon looks whether it is there. */
export function writeMemberLaunchAgent(folder: TaskFolder): string {
  const program = path.join(folder.root, 'launch');
  const refusal =
    '#!/bin/sh\necho "muster: commands are launched from the first node of a task" >&2\nexit 255\n';
  writeFileSync(program, refusal, { flag: 'wx' });
  chmodSync(program, 0o755);
  return program;
}

/**
 * The head's side of the launch agent: a script in the task's folder, which leaves what it was called with in one folder and finds the
 * answer in another. INVARIANT: root writes nothing where the task may write, and reads there no file but the task's own.
 */
export class LaunchAgent {
  readonly program: string;
  readonly #requests: string;
  readonly #answers: string;

  constructor(
    folder: Pick<TaskFolder, 'root'>,
    readonly identity: Identity | undefined,
  ) {
    this.program = path.join(folder.root, 'launch');
    this.#requests = path.join(folder.root, 'requests');
    this.#answers = path.join(folder.root, 'answers');
    writeFileSync(this.program, script, { flag: 'wx' });
    chmodSync(this.program, 0o755);
    mkdirSync(this.#requests, { mode: 0o700 });
    give(this.#requests, identity);
    mkdirSync(this.#answers);
    chmodSync(this.#answers, 0o755);
  }

  /** Those made since the last time. What is no request of the task's own is passed over. */
  take(): LaunchRequest[] {
    const taken: LaunchRequest[] = [];
    for (const entry of readdirSync(this.#requests)) {
      const id = requestName.exec(entry)?.[1];
      if (id === undefined) continue;
      const file = path.join(this.#requests, entry);
      const text = this.#read(file);
      unlinkSync(file);
      const cut = text?.indexOf('\n') ?? -1;
      if (text !== undefined && cut > 0)
        taken.push({ id, host: text.slice(0, cut), command: text.slice(cut + 1) });
    }
    return taken;
  }

  /** Whole or not at all: the script may look at any moment. */
  answer(id: string, { exitCode, output }: { exitCode: number; output: string }): void {
    const unfinished = path.join(this.#answers, `.${id}`);
    writeFileSync(unfinished, `${exitCode}\n${output}`);
    chmodSync(unfinished, 0o644);
    renameSync(unfinished, path.join(this.#answers, id));
  }

  #read(file: string): string | undefined {
    let descriptor: number;
    try {
      descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch {
      return undefined;
    }
    try {
      const stats = fstatSync(descriptor);
      const isOwn = stats.isFile() && stats.uid === (this.identity?.uid ?? process.getuid?.());
      return isOwn && stats.size <= maxRequestBytes ? readFileSync(descriptor, 'utf8') : undefined;
    } finally {
      closeSync(descriptor);
    }
  }
}
