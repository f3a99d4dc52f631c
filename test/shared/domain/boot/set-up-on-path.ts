import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A machine's tools as the scripts find them: each tells its calls, and does what its text says. */
export class ToolsOnPath {
  readonly folder = mkdtempSync(join(tmpdir(), 'muster-boot-'));
  readonly #calls = join(this.folder, 'calls');

  tool(name: string, body = ''): void {
    mkdirSync(join(this.folder, 'bin'), { recursive: true });
    const path = join(this.folder, 'bin', name);
    writeFileSync(path, `#!/bin/sh\necho "${name} $*" >>${this.#calls}\nstate=${this.folder}\n${body}\n`);
    chmodSync(path, 0o755);
  }

  /** Runs a script; answers what changed something: calls of the named tools, in order. */
  run(script: string, changing: string[]) {
    writeFileSync(this.#calls, '');
    const env = { PATH: `${join(this.folder, 'bin')}:/usr/bin:/bin` };
    const ran = spawnSync('/bin/sh', [], { input: script, encoding: 'utf8', env });
    const calls = readFileSync(this.#calls, 'utf8')
      .split('\n')
      .map((call) => call.trim());
    return {
      status: ran.status,
      stdout: ran.stdout,
      stderr: ran.stderr,
      calls: calls.filter((call) => changing.includes(call.split(' ')[0]!)),
    };
  }

  has(file: string): boolean {
    return existsSync(join(this.folder, file));
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
