import { Gatherer } from '../../../functions/records/gathered';

function gatherer(act: (items: number[]) => Promise<void> = async () => undefined) {
  const calls: number[][] = [];
  const gathering = new Gatherer<number>(async (items) => {
    calls.push([...items]);
    await act(items);
  });
  return { calls, gathering };
}

describe('what many callers give within a moment', () => {
  test('is one call, and each of them waits for it', async () => {
    const { calls, gathering } = gatherer();
    const done = [1, 2, 3].map((item) => gathering.add(item));
    expect(calls).toEqual([]);
    await Promise.all(done);
    expect(calls).toEqual([[1, 2, 3]]);
    await gathering.add(4);
    expect(calls).toEqual([[1, 2, 3], [4]]);
  });

  test('is a call of at most a hundred', async () => {
    const { calls, gathering } = gatherer();
    await Promise.all(Array.from({ length: 150 }, (_, item) => gathering.add(item)));
    expect(calls.map(({ length }) => length)).toEqual([100, 50]);
  });

  test('fails for each of them, and for nobody after them', async () => {
    let isAway = true;
    const { gathering } = gatherer(async () => {
      if (isAway) throw new Error('storage is away');
    });
    const first = await Promise.allSettled([gathering.add(1), gathering.add(2)]);
    expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    isAway = false;
    await expect(gathering.add(3)).resolves.toBeUndefined();
  });
});
