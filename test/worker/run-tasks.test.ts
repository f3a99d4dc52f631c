import { startAzurite, type RunningAzurite } from '../support/azurite';
import { World } from './support/world';

let azurite: RunningAzurite;
let world: World;
beforeAll(async () => void (azurite = await startAzurite()));
afterAll(() => azurite.stop());
beforeEach(async () => void (world = await World.create(azurite)));
afterEach(() => world.close());

describe('a task', () => {
  it('is a program with arguments, whose result is committed, posted and off the queue', async () => {
    const jobId = await world.submit({
      run: { program: 'printf', arguments: ['%s-%s', 'a b', '$HOME'] },
    });
    await world.startAgent();
    const result = await world.storage.result(jobId);
    expect(result).toMatchObject({
      end: 'exited',
      exitCode: 0,
      signal: null,
      worker: 'vm1-0',
      stdoutBytes: 9,
    });
    expect(await world.storage.text(result, 'stdout')).toBe('a b-$HOME');
    await world.storage.queueIsEmpty();
    expect(await world.storage.posted()).toEqual([result]);
  });

  it('is a script for its interpreter, its two streams kept apart', async () => {
    const script = 'echo "to stdout"; echo "to stderr" > /dev/stderr; exit 7';
    const jobId = await world.script(script);
    await world.startAgent();
    const result = await world.storage.result(jobId);
    expect(result).toMatchObject({ end: 'exited', exitCode: 7, message: 'exited with code 7' });
    expect(await world.storage.text(result, 'stdout')).toBe('to stdout\n');
    expect(await world.storage.text(result, 'stderr')).toBe('to stderr\n');
  });
});
