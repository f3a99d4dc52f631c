import { crashPoints } from '../../worker/crash-point';
import { isDead } from './support/process-state';
import { until } from './support/until';
import { eachWorld } from './support/each-world';
import type { World } from './support/world';

let world: World;
eachWorld((made) => (world = made));

const numbers = Array.from({ length: 20_000 }, (_, index) => `${index + 1}\n`).join('');
const settings = { taskLeaseMs: 1000, outputFlushBytes: 16_384 };

describe('an agent killed in the middle of its life is replaced: one result, exact output, nothing left on the queue', () => {
  it.each(crashPoints)('at the point %s', async (point) => {
    const jobId = await world.script('seq 1 20000; seq 1 20000 >&2');
    const killed = await world.startAgent({ settings, environment: { MUSTER_AGENT_CRASH_AT: point } });
    expect(await killed.ended).toMatchObject({ signal: 'SIGKILL' });
    const isCommitted = (await world.storage.findResult(jobId)) !== undefined;
    expect(isCommitted).toBe(crashPoints.indexOf(point) >= crashPoints.indexOf('result-committed'));

    await world.startAgent({ settings });
    const result = await world.storage.result(jobId);
    await world.storage.queueIsEmpty();
    expect(result).toMatchObject({ end: 'exited', exitCode: 0 });
    expect(await world.storage.text(result, 'stdout')).toBe(numbers);
    expect(await world.storage.text(result, 'stderr')).toBe(numbers);
    expect(result).toMatchObject({ stdoutBytes: numbers.length, stderrBytes: numbers.length });
    const { told } = world.plane;
    expect(told.length).toBeGreaterThanOrEqual(1);
    for (const one of told) expect(one).toEqual(result);
    expect(await world.storage.findResults(jobId)).toEqual([{ ...result, output: null }]);
  });

  it('while its task runs: the next agent ends that process before it works', async () => {
    const jobId = await world.script('echo $$; sleep 300');
    const killed = await world.startAgent({
      settings,
      environment: { MUSTER_AGENT_CRASH_AT: 'output-appended' },
    });
    await killed.ended;
    const pid = (await world.storage.streamSoFar(jobId, 'stdout')).toString().trim();
    expect(pid).toMatch(/^\d+$/);
    expect(isDead(pid)).toBe(false);
    await world.startAgent({ settings });
    await until('the process is dead', () => isDead(pid));
  });
});
