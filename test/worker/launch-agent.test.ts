import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LaunchAgent, type LaunchRequest } from '../../worker/gang/launch-agent';
import { until } from './support/until';

let root: string;
let agent: LaunchAgent;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'muster-launch-'));
  chmodSync(root, 0o755);
  agent = new LaunchAgent({ root }, undefined);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function call(...args: string[]): { child: ChildProcess; ended: Promise<{ code: number; stderr: string }> } {
  const child = spawn(agent.program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number, stderr })) };
}

const request = (): Promise<LaunchRequest> => until('a request', () => agent.take()[0]);

test('a call waits for its answer, and ends as the command did, with what it said', async () => {
  const called = call('vm1', 'orted -mca "a b"', 'c');
  const { id, host, command } = await request();
  expect({ host, command }).toEqual({ host: 'vm1', command: 'orted -mca "a b" c' });
  expect(called.child.exitCode).toBeNull();
  agent.answer(id, { exitCode: 7, output: 'two\nlines\n' });
  expect(await called.ended).toEqual({ code: 7, stderr: 'two\nlines\n' });
});

test('a call without a command is misuse', async () => {
  expect(await call('vm1').ended).toMatchObject({ code: 2 });
});

test('what the task’s user puts among the requests, but did not ask, is not read', () => {
  const requests = path.join(root, 'requests');
  const secret = path.join(root, 'secret');
  writeFileSync(secret, 'host\nsecret');
  symlinkSync(secret, path.join(requests, 'aaaaaaaa.ready'));
  mkdirSync(path.join(requests, 'cccccccc'));
  writeFileSync(path.join(requests, 'bbbbbbbb.ready'), 'x'.repeat(100_000));
  writeFileSync(path.join(requests, '..dddddd.ready'), 'host\ncommand');
  writeFileSync(path.join(requests, 'eeeeeeee'), 'host\nnot yet whole');
  expect(agent.take()).toEqual([]);
  // The agent writes its answers where the task may not.
  expect(statSync(path.join(root, 'answers')).mode & 0o022).toBe(0);
});
