import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(__dirname, '../../../..');
const program = path.join(root, 'dist/host/main.js');
const fixtures = path.join(root, 'test/host/fixtures');
const startLimitMs = 20_000;

export interface StartOptions {
  args?: string[];
  env?: Record<string, string>;
  /** Kept across hosts when given; the caller removes it. */
  stateDirectory?: string;
}

export interface ReadyLine {
  ready: boolean;
  url: string;
  masterKey: string;
  functions: { name: string; trigger: string; url?: string }[];
}

interface StoredKeys {
  masterKey: string;
  functionKeys: { default: string };
  systemKeys: { durabletask_extension: string };
  functions: Record<string, { default: string }>;
}

/** Of a test that failed before it stopped its host, nothing is to be left either. */
const started = new Set<ChildProcess>();
afterAll(async () => {
  for (const child of started) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
});

/** A real host, started from dist/ on a fixture app. */
export class HostProcess {
  readonly #child: ChildProcess;
  readonly #ownState: boolean;
  readonly stateDirectory: string;
  #stdout = '';
  #stderr = '';
  ready: ReadyLine = { ready: false, url: '', masterKey: '', functions: [] };

  /** Starts a host and waits for its ready line. */
  static async start(app: string, options: StartOptions = {}): Promise<HostProcess> {
    const host = new HostProcess(app, options);
    await host.#waitUntilReady();
    return host;
  }

  /** Starts a host that is expected to end by itself; answers its exit code and what it wrote. */
  static async run(
    app: string,
    options: StartOptions = {},
  ): Promise<{ code: number | null; stderr: string }> {
    const host = new HostProcess(app, options);
    const code = await host.exited();
    host.#removeState();
    return { code, stderr: host.#stderr };
  }

  private constructor(app: string, options: StartOptions) {
    if (!existsSync(program)) {
      throw new Error(`${program} is missing: build the host first (npx tsc --build host).`);
    }
    this.#ownState = options.stateDirectory === undefined;
    this.stateDirectory = options.stateDirectory ?? mkdtempSync(path.join(tmpdir(), 'muster-host-'));
    const args = [
      '--app',
      path.resolve(fixtures, app),
      '--state',
      this.stateDirectory,
      ...(options.args ?? []),
    ];
    this.#child = spawn(process.execPath, [program, ...args], {
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.add(this.#child);
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get keys(): StoredKeys {
    return JSON.parse(readFileSync(path.join(this.stateDirectory, 'keys.json'), 'utf8')) as StoredKeys;
  }

  fetch(pathname: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.ready.url}${pathname}`, { redirect: 'manual', ...init });
  }

  async json<T>(pathname: string, init: RequestInit = {}): Promise<T> {
    return (await (await this.fetch(pathname, init)).json()) as T;
  }

  postJson(pathname: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.fetch(pathname, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async exited(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      await once(this.#child, 'exit');
    }
    return this.#child.exitCode;
  }

  /** Ends the host in an orderly way and answers its exit code. */
  async stop(): Promise<number | null> {
    this.signal('SIGTERM');
    const code = await this.exited();
    this.#removeState();
    return code;
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exited();
  }

  async #waitUntilReady(): Promise<void> {
    const found = await until(() => {
      const gone = this.#child.exitCode !== null || this.#child.signalCode !== null;
      return this.#stdout.includes('\n') ? 'ready' : gone ? 'gone' : undefined;
    }, startLimitMs);
    if (found === 'gone') {
      throw new Error(`The host ended before it was ready:\n${this.#stderr}`);
    }
    this.ready = JSON.parse(this.#stdout.split('\n')[0] ?? '') as ReadyLine;
  }

  #removeState(): void {
    if (this.#ownState) {
      rmSync(this.stateDirectory, { recursive: true, force: true });
    }
  }
}

/** Looks again and again until there is something to see; fails at the deadline. */
export async function until<T>(
  look: () => T | undefined | Promise<T | undefined>,
  limitMs = 10_000,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== null && seen !== false) {
      return seen;
    }
    if (performance.now() > deadline) {
      throw new Error(`Nothing came within ${limitMs} ms: ${look.toString()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}
