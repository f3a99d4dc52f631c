import { againAtConflict } from '../../../functions/records/again-at-conflict';
import { RecordConflict } from '../../../shared/errors';

/** Conflicts so often, and then answers. */
function conflicting(times: number) {
  let calls = 0;
  const act = async (): Promise<string> => {
    if (++calls <= times) throw new RecordConflict('The row has changed.');
    return 'written';
  };
  return { act, calls: () => calls };
}

test.each([
  [0, 1],
  [2, 3],
  [4, 5],
])('a write that meets %d conflicts is made, in %d attempts', async (conflicts, attempts) => {
  const { act, calls } = conflicting(conflicts);
  await expect(againAtConflict(5, act)).resolves.toBe('written');
  expect(calls()).toBe(attempts);
});

test('a write that meets conflicts in each attempt rejects with the last', async () => {
  const { act, calls } = conflicting(5);
  await expect(againAtConflict(5, act)).rejects.toThrow(RecordConflict);
  expect(calls()).toBe(5);
});

test('any other failure is not tried again', async () => {
  let calls = 0;
  const failing = async (): Promise<never> => {
    calls++;
    throw new Error('storage is away');
  };
  await expect(againAtConflict(5, failing)).rejects.toThrow('storage is away');
  expect(calls).toBe(1);
});
