import * as df from 'durable-functions';
import type { ActivityHandler, OrchestrationHandler } from 'durable-functions';
import { createFixture, until, type Fixture } from './engine-fixture';

const attempts = new Map<string, number>();

const activities: Record<string, ActivityHandler> = {
  Boom: () => {
    throw new Error('boom');
  },
  /** Fails until it has been tried `succeedsAt` times. */
  Flaky: ({ id, succeedsAt }: { id: string; succeedsAt: number }) => {
    const attempt = (attempts.get(id) ?? 0) + 1;
    attempts.set(id, attempt);
    if (attempt < succeedsAt) throw new Error(`attempt ${attempt} of ${id}`);
    return `${id} after ${attempt}`;
  },
  Echo: (input: unknown) => input,
};

function policy(maxAttempts: number, backoffCoefficient = 1): df.RetryOptions {
  const options = new df.RetryOptions(1_000, maxAttempts);
  options.backoffCoefficient = backoffCoefficient;
  return options;
}

const orchestrators: Record<string, OrchestrationHandler> = {
  *Catches(context) {
    try {
      yield context.df.callActivity('Boom');
      return 'nothing was thrown';
    } catch (error) {
      return (error as Error).message;
    }
  },
  *Throws() {
    throw new Error('no good');
  },
  *Uncaught(context) {
    yield context.df.callActivity('Boom');
  },
  *Missing(context) {
    yield context.df.callActivity('Nowhere');
  },
  *MissingChild(context) {
    yield context.df.callSubOrchestrator('Nowhere');
  },
  *Retries(context) {
    const { succeedsAt, maxAttempts } = context.df.getInput() as { succeedsAt: number; maxAttempts: number };
    const input = { id: context.df.instanceId, succeedsAt };
    const result: unknown = yield context.df.callActivityWithRetry('Flaky', policy(maxAttempts), input);
    return [result, yield context.df.callActivity('Echo', 'and on')];
  },
  *Backoff(context) {
    const input = { id: context.df.instanceId, succeedsAt: 9 };
    return yield context.df.callActivityWithRetry('Flaky', policy(4, 2), input);
  },
  *TimesOut(context) {
    const options = policy(6);
    options.retryTimeoutInMilliseconds = 2_500;
    yield context.df.callActivityWithRetry('Flaky', options, { id: context.df.instanceId, succeedsAt: 100 });
  },
  *MixedRetries(context) {
    const prefix = context.df.instanceId;
    const flaky = (id: string, succeedsAt: number): df.Task =>
      context.df.callActivityWithRetry('Flaky', policy(5), { id: `${prefix}-${id}`, succeedsAt });
    const plain = context.df.callActivity('Echo', 'plain');
    const retried = [flaky('a', 3), flaky('b', 1), flaky('c', 2)];
    const first: df.Task = yield context.df.Task.any([plain, ...retried]);
    const after: unknown = yield context.df.callActivity('Echo', 'after');
    const all: unknown[] = [];
    for (const task of retried) all.push(yield task);
    return [
      first === plain || retried.includes(first),
      after,
      all,
      yield context.df.callActivity('Echo', 'end'),
    ];
  },
  *ChildFails(context) {
    try {
      yield context.df.callSubOrchestrator('Throws');
      return 'nothing was thrown';
    } catch (error) {
      return (error as Error).message;
    }
  },
  *ChildRetries(context) {
    return yield context.df.callSubOrchestratorWithRetry(
      'FlakyChild',
      policy(3),
      context.df.instanceId,
      'the-child',
    );
  },
  *FlakyChild(context) {
    return yield context.df.callActivity('Flaky', { id: context.df.getInput(), succeedsAt: 2 });
  },
};

describe('failures and retries', () => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await createFixture({ orchestrators, activities });
  });
  afterEach(() => fixture.close());

  /** Lets each retry timer come due in turn. */
  async function runStepped(
    name: string,
    input?: unknown,
  ): Promise<Awaited<ReturnType<Fixture['finished']>>> {
    const { instanceId } = await fixture.engine.startNew({ name, input });
    const finished = fixture.finished(instanceId);
    let isDone = false;
    void finished.then(() => (isDone = true));
    await until(() => {
      if (!isDone) fixture.clock.advance(250);
      return isDone;
    });
    return finished;
  }

  it("throws an activity's failure into the orchestrator, in the extension's words", async () => {
    const { output } = await fixture.run('Catches');
    expect(output).toMatch(/^Activity function 'Boom' failed: boom/);
  });

  it('fails an orchestration whose error nobody catches, with the reason as its output', async () => {
    expect(await fixture.run('Throws')).toMatchObject({
      runtimeStatus: 'Failed',
      output: "Orchestrator function 'Throws' failed: no good",
    });
    const { output } = await fixture.run('Uncaught');
    expect(output).toMatch(/^Orchestrator function 'Uncaught' failed: Activity function 'Boom' failed: boom/);
  });

  it('fails clearly when an orchestrator, an activity or a child is not registered', async () => {
    expect((await fixture.run('Nobody')).output).toMatch(
      /The function 'Nobody' doesn't exist, is disabled, or is not/,
    );
    expect((await fixture.run('Missing')).output).toMatch(/Activity function 'Nowhere' does not exist/);
    expect((await fixture.run('MissingChild')).output).toMatch(/The function 'Nowhere' doesn't exist/);
  });

  it('retries an activity by its policy and goes on with the result', async () => {
    const status = await runStepped('Retries', { succeedsAt: 3, maxAttempts: 5 });
    expect(status.output).toEqual([expect.stringMatching(/after 3$/), 'and on']);
  });

  it('gives up after the last attempt with its failure', async () => {
    const status = await runStepped('Retries', { succeedsAt: 9, maxAttempts: 3 });
    expect(status.runtimeStatus).toBe('Failed');
    expect(status.output).toMatch(/attempt 3 of/);
    expect(attempts.get(status.instanceId)).toBe(3);
  });

  it('waits longer before each attempt as the back-off says, and not at all after the last', async () => {
    const { instanceId } = await runStepped('Backoff');
    const history = (await fixture.engine.status(instanceId, { showHistory: true }))?.historyEvents ?? [];
    const delays = history
      .filter((event) => event['EventType'] === 'TimerCreated')
      .map((event) => Date.parse(String(event['FireAt'])) - Date.parse(String(event['Timestamp'])));
    expect(delays).toEqual([1_000, 2_000, 4_000, 0]);
  });

  it('runs no further attempt once the retry time-out has passed', async () => {
    const status = await runStepped('TimesOut');
    expect(status.runtimeStatus).toBe('Failed');
    expect(attempts.get(status.instanceId)).toBeGreaterThan(1);
    expect(attempts.get(status.instanceId)).toBeLessThan(5);
  });

  it('keeps task ids straight while retried and plain calls end in any order', async () => {
    for (let round = 0; round < 5; round++) {
      const { output, instanceId: id } = await runStepped('MixedRetries');
      expect(output).toEqual([
        true,
        'after',
        [`${id}-a after 3`, `${id}-b after 1`, `${id}-c after 2`],
        'end',
      ]);
    }
  });

  it("throws a child's failure into the parent", async () => {
    expect((await fixture.run('ChildFails')).output).toMatch(
      /^Orchestrator function 'Throws' failed: no good/,
    );
  });

  it('retries a sub-orchestration under the instance id given', async () => {
    expect((await runStepped('ChildRetries')).output).toMatch(/after 2$/);
    expect(await fixture.engine.status('the-child')).toMatchObject({ runtimeStatus: 'Completed' });
  });

  it('treats a host that is stopping as no result, and runs the activity again', async () => {
    const { instanceId } = await fixture.engine.startNew({ name: 'Catches' });
    await fixture.finished(instanceId);
    let calls = 0;
    await fixture.restart({
      orchestrators,
      activities: {
        Boom: () => {
          calls += 1;
          const aborted = new Error('stopping');
          aborted.name = 'AbortError';
          throw aborted;
        },
      },
    });
    const again = await fixture.engine.startNew({ name: 'Catches' });
    await until(() => calls === 1);
    await fixture.restart({ orchestrators, activities });
    expect((await fixture.finished(again.instanceId)).output).toMatch(/boom/);
  });
});
