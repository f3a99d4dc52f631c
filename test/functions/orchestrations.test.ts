import { OrchestrationRuntimeStatus, type DurableClient } from 'durable-functions';
import { startNew } from '../../functions/orchestrations';

const orchestration = { name: 'job', instanceId: 'job-1', input: {} };

/** A client that cannot start the instance; `status`: what it says of it, undefined where there is none. */
function refusing(status: OrchestrationRuntimeStatus | undefined): DurableClient {
  return {
    startNew: async () => {
      throw new Error('There is an instance of this id already.');
    },
    getStatus: async () => {
      if (status === undefined) throw new Error('The operation replied with HTTP 404.');
      return { runtimeStatus: status };
    },
  } as unknown as DurableClient;
}

describe('an orchestration that cannot be started', () => {
  test.each([OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Completed])(
    'as somebody has started it at the same moment (%s) is no error',
    async (status) => {
      await expect(startNew(refusing(status), orchestration)).resolves.toBeUndefined();
    },
  );

  test('and is not there is one', async () => {
    await expect(startNew(refusing(undefined), orchestration)).rejects.toThrow('already');
  });
});
