import { eventRaised } from '../../../host/durable/history';
import { Instance } from '../../../host/durable/instance';
import type { InstanceRow } from '../../../host/durable/store';

const NOW = Date.UTC(2026, 0, 1);
const row: InstanceRow = {
  key: 1,
  id: 'one',
  name: 'O',
  executionId: 'e',
  status: 'Running',
  input: null,
  customStatus: null,
  output: null,
  createdAt: NOW,
  updatedAt: NOW,
  finishedAt: null,
  parentKey: null,
  parentId: null,
  parentTask: null,
};
const message = (seq: number): { seq: number; event: ReturnType<typeof eventRaised> } => ({
  seq,
  event: eventRaised(NOW, 'x', null),
});

describe('an instance in memory', () => {
  it('takes once what was both read from the store and announced', () => {
    const instance = new Instance(row, { turns: [], size: 0 }, [message(4), message(5)]);
    instance.receive(message(5));
    instance.receive(message(6));
    expect(instance.inbox.map(({ seq }) => seq)).toEqual([4, 5, 6]);
  });

  it('takes what is announced late, whatever its number', () => {
    const instance = new Instance(row, { turns: [], size: 0 }, [message(4)]);
    instance.receive(message(9));
    instance.receive(message(7));
    expect(instance.inbox.map(({ seq }) => seq)).toEqual([4, 9, 7]);
  });

  it('is as it was before a turn that came to nothing', () => {
    const instance = new Instance(row, { turns: [], size: 0 }, [message(1)]);
    const taken = instance.inbox.splice(0);
    instance.history.push(eventRaised(NOW, 'x', null));
    instance.receive(message(2));
    instance.rollBack(0, taken);
    expect(instance.history).toEqual([]);
    expect(instance.inbox.map(({ seq }) => seq)).toEqual([1, 2]);
  });
});
