import { randomBytes } from 'node:crypto';
import { RecordConflict } from '../../shared/errors';
import type { Records } from '../../shared/ports';

/** What every implementation of the port Records does. `make` gives one over empty tables; partitions keep tests apart. */
export function defineRecordsContract(name: string, make: () => Promise<Records> | Records): void {
  let records: Records;
  let count = 0;
  let partition: string;

  beforeAll(async () => {
    records = await make();
  });
  beforeEach(() => {
    count += 1;
    partition = `partition-${count}`;
  });
  const keysOf = (rows: { key: string }[]) => rows.map((row) => row.key);

  describe(`${name}: one row`, () => {
    test('reads back what was inserted, with the etag the insertion answered', async () => {
      const value = { text: 'ä "quoted" 😀', number: 1.5, nested: { list: [1, null, true] } };
      const etag = await records.insert('jobs', { partition, key: 'a', value });
      expect(await records.get('jobs', partition, 'a')).toEqual({ partition, key: 'a', value, etag });
    });

    test('answers undefined for a row that is not there', async () => {
      expect(await records.get('jobs', partition, 'absent')).toBeUndefined();
    });

    test('refuses to insert over a row, and keeps the row', async () => {
      await records.insert('jobs', { partition, key: 'a', value: 1 });
      await expect(records.insert('jobs', { partition, key: 'a', value: 2 })).rejects.toThrow(RecordConflict);
      expect((await records.get('jobs', partition, 'a'))?.value).toBe(1);
    });

    test('lets one of two writers replace a row they both read', async () => {
      await records.insert('jobs', { partition, key: 'a', value: 'first' });
      const row = (await records.get<string>('jobs', partition, 'a'))!;
      const etag = await records.replace('jobs', { ...row, value: 'second' });
      await expect(records.replace('jobs', { ...row, value: 'third' })).rejects.toThrow(RecordConflict);
      expect(await records.get('jobs', partition, 'a')).toEqual({ ...row, value: 'second', etag });
    });

    test('calls it a conflict to replace a row that is gone', async () => {
      const etag = await records.insert('jobs', { partition, key: 'a', value: 1 });
      await records.remove('jobs', partition, 'a');
      await expect(records.replace('jobs', { partition, key: 'a', value: 2, etag })).rejects.toThrow(
        RecordConflict,
      );
    });

    test('puts over whatever is there, and nothing of a longer value stays behind', async () => {
      await records.put('jobs', { partition, key: 'a', value: 'x'.repeat(100_000) });
      const etag = await records.put('jobs', { partition, key: 'a', value: { short: true } });
      expect(await records.get('jobs', partition, 'a')).toEqual({
        partition,
        key: 'a',
        value: { short: true },
        etag,
      });
    });

    test('removes a row, and takes one that is gone for removed', async () => {
      await records.insert('jobs', { partition, key: 'a', value: 1 });
      await records.remove('jobs', partition, 'a');
      await records.remove('jobs', partition, 'a');
      expect(await records.get('jobs', partition, 'a')).toBeUndefined();
    });

    test('keeps the tables apart', async () => {
      await records.insert('jobs', { partition, key: 'a', value: 'job' });
      await records.insert('tasks', { partition, key: 'a', value: 'task' });
      expect((await records.get('tasks', partition, 'a'))?.value).toBe('task');
    });

    test.each([
      ['quoted ASCII', 'a"b\\'.repeat(110_000)],
      ['ASCII', 'abcdefghij'.repeat(92_100)],
      ['random base64', randomBytes(690_000).toString('base64')],
      ['text of many bytes a character', '漢字😀'.repeat(90_000)],
      ['accented text near the form for short values', 'éa'.repeat(60_000)],
    ])('holds %s of up to 900 KiB unchanged', async (_, value) => {
      await records.put('jobs', { partition, key: 'large', value });
      const row = await records.get<string>('jobs', partition, 'large');
      // Not toBe on the text itself: a failure would print all of it.
      expect(row?.value === value).toBe(true);
    });

    test('refuses a value above 900 KiB and says how large it is', async () => {
      const value = 'x'.repeat(900 * 1024);
      await expect(records.put('jobs', { partition, key: 'a', value })).rejects.toThrow(/921602 bytes/);
      expect(await records.get('jobs', partition, 'a')).toBeUndefined();
    });

    test.each(['a/b', 'a\\b', 'a#b', 'a?b', 'a\nb', '', 'x'.repeat(513)])(
      'refuses the key %j before any call',
      async (key) => {
        await expect(records.put('jobs', { partition, key, value: 1 })).rejects.toThrow(RangeError);
        await expect(records.get('jobs', key, 'a')).rejects.toThrow(RangeError);
      },
    );

    test.each(["it's", 'a b', 'a%20b', 'scale-set:cbox:1a2b3c4d', 'ünï', 'a+b&c=d', "''"])(
      'takes the key %j as it is',
      async (key) => {
        await records.insert('jobs', { partition, key, value: 'old' });
        const row = (await records.get<string>('jobs', partition, key))!;
        await records.replace('jobs', { ...row, value: 'new' });
        expect(await records.list('jobs', partition)).toMatchObject([{ key, value: 'new' }]);
        await records.remove('jobs', partition, key);
        expect(await records.list('jobs', partition)).toEqual([]);
      },
    );
  });

  describe(`${name}: many rows`, () => {
    const rows = (n: number) =>
      Array.from({ length: n }, (_, index) => ({ key: String(index).padStart(6, '0'), value: { index } }));

    test('puts and lists more rows than a transaction and a page hold, ascending by key', async () => {
      const many = rows(1_234);
      await records.putMany('tasks', partition, [...many].reverse());
      expect(keysOf(await records.list('tasks', partition))).toEqual(keysOf(many));
    });

    test('puts many large rows, more than one transaction may carry', async () => {
      const large = rows(12).map(({ key }) => ({ key, value: key.repeat(140_000) }));
      const quoted = rows(12).map(({ key }) => ({ key: `quoted-${key}`, value: '"'.repeat(220_000) }));
      await records.putMany('tasks', partition, [...large, ...quoted]);
      const listed = await records.list<string>('tasks', partition);
      const stored = new Map(listed.map((row) => [row.key, row.value]));
      expect(stored.size).toBe(24);
      expect([...large, ...quoted].every(({ key, value }) => stored.get(key) === value)).toBe(true);
    });

    test('inserts many rows, and leaves those as they are that are there', async () => {
      await records.putMany('tasks', partition, [{ key: '000007', value: { index: 'first' } }]);
      const others = keysOf(rows(230)).filter((key) => key !== '000007');
      expect((await records.insertMany('tasks', partition, rows(230))).sort()).toEqual(others);
      const third = [{ key: '000007', value: { index: 'third' } }];
      expect(await records.insertMany('tasks', partition, third)).toEqual([]);
      const listed = await records.list<{ index: number | string }>('tasks', partition);
      const expected = rows(230).map(({ value }) => (value.index === 7 ? { index: 'first' } : value));
      expect(listed.map(({ value }) => value)).toEqual(expected);
    });

    test('lists a range of keys, both ends included', async () => {
      await records.putMany('tasks', partition, rows(20));
      const range = { from: '000003', to: '000006' };
      const keys = keysOf(await records.list('tasks', partition, range));
      expect(keys).toEqual(['000003', '000004', '000005', '000006']);
    });

    test('removes many rows, more than a transaction holds, and is content with those that are gone', async () => {
      await records.putMany('tasks', partition, rows(230));
      const keys = rows(230).map((row) => row.key);
      await records.remove('tasks', partition, keys[150]!);
      await records.removeMany('tasks', partition, keys.slice(1));
      expect((await records.list('tasks', partition)).map(({ key }) => key)).toEqual([keys[0]]);
      await records.removeMany('tasks', partition, []);
    });

    test('takes the later of two values for one key', async () => {
      await records.putMany('tasks', partition, [
        { key: 'a', value: 1 },
        { key: 'a', value: 2 },
      ]);
      expect(await records.list('tasks', partition)).toMatchObject([{ key: 'a', value: 2 }]);
    });

    test('puts nothing where there is nothing to put', async () => {
      await records.putMany('tasks', partition, []);
      expect(await records.list('tasks', partition)).toEqual([]);
    });

    test('narrows by prefix, and by no more than the prefix', async () => {
      const keys = ['ab', 'abc', 'abz', 'ac', 'b', 'aB', 'ab-1'];
      await records.putMany(
        'tasks',
        partition,
        keys.map((key) => ({ key, value: 0 })),
      );
      expect(keysOf(await records.list('tasks', partition, { prefix: 'ab' }))).toEqual([
        'ab',
        'ab-1',
        'abc',
        'abz',
      ]);
    });

    test('lists one partition only', async () => {
      await records.put('tasks', { partition: `${partition}-other`, key: 'a', value: 1 });
      expect(await records.list('tasks', partition)).toEqual([]);
    });

    test('pages through a prefix without a gap or a repeat', async () => {
      await records.putMany('tasks', partition, [...rows(25), { key: 'other', value: { index: -1 } }]);
      const seen: string[] = [];
      let continuation: string | undefined;
      let pages = 0;
      do {
        const page = await records.page('tasks', partition, { top: 10, continuation, prefix: '0' });
        expect(page.rows.length).toBeLessThanOrEqual(10);
        seen.push(...keysOf(page.rows));
        continuation = page.continuation;
        pages += 1;
      } while (continuation !== undefined && pages < 20);
      expect(seen).toEqual(keysOf(rows(25)));
    });

    test('answers an empty page without continuation for an empty partition', async () => {
      expect(await records.page('tasks', partition, { top: 10 })).toEqual({ rows: [] });
    });

    test('refuses a continuation that no page ended with', async () => {
      const options = { top: 10, continuation: 'garbage' };
      await expect(records.page('tasks', partition, options)).rejects.toThrow(RangeError);
    });

    test('removes every row of a partition, and of no other', async () => {
      await records.putMany('tasks', partition, rows(230));
      await records.put('tasks', { partition: `${partition}-other`, key: 'a', value: 1 });
      await records.removePartition('tasks', partition);
      expect(await records.list('tasks', partition)).toEqual([]);
      expect(await records.list('tasks', `${partition}-other`)).toHaveLength(1);
    });

    test('lets two removals of one partition run at once', async () => {
      await records.putMany('tasks', partition, rows(230));
      await Promise.all([
        records.removePartition('tasks', partition),
        records.removePartition('tasks', partition),
      ]);
      expect(await records.list('tasks', partition)).toEqual([]);
    });
  });
}
