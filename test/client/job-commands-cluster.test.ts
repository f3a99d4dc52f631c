import { build } from 'esbuild';
import { join } from 'node:path';
import { Muster, variableBundle } from '../../client';
import { startLocalStack, whatIsLeft, type LocalStack } from '../support/local-stack';

let stack: LocalStack;
let muster: Muster;
beforeAll(async () => {
  stack = await startLocalStack();
  muster = new Muster({ url: stack.url, key: stack.key });
}, 60_000);
afterAll(() => stack?.dispose());
afterEach(() => variableBundle.clear());

/** A program in one file, as it is sent along. */
async function bundled(program: string): Promise<Uint8Array> {
  const entry = join(__dirname, 'programs', program);
  const options = { bundle: true, write: false, platform: 'node', format: 'cjs', target: 'node20' } as const;
  const { outputFiles } = await build({ entryPoints: [entry], ...options });
  return outputFiles[0]!.contents;
}

/** The manual's second example, as a program. */
test('variables go along to a detached VM, whose job makes a cluster, says hello from its workers, and removes it', async () => {
  variableBundle.set({ session: { greeting: 'hello from', workers: 2 } });
  const myvm = muster.virtualMachine('myvm');
  await myvm.create({ template: 'cbox' });
  await myvm.waitFor({ timeoutMs: 60_000 });
  const { sha256 } = await muster.client.putContent(await bundled('hello-from-workers.ts'));
  const job = await muster.submit(
    {
      target: { virtualMachine: 'myvm' },
      inputs: [{ kind: 'file', sha256, path: 'hello.cjs' }],
      run: { program: 'node', arguments: ['hello.cjs'] },
      controlPlaneAccess: true,
    },
    { sendsVariables: true },
  );
  await job.waitForSuccess({ timeoutMs: 90_000 });
  expect(await job.stdout()).toBe('hello from 0\nhello from 1\n');
  expect(await job.stderr()).toBe('');
  await myvm.delete();
  await myvm.waitUntilDeleted({ timeoutMs: 60_000 });
  expect(await whatIsLeft(stack)).toMatchObject({ billable: [], machines: [] });
}, 150_000);
