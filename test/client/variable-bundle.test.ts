import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { variableBundle } from '../../client';

afterEach(() => variableBundle.clear());

/** A client that remembers what it is given. */
function remembering() {
  const bundles = new Map<string, unknown>();
  const putBundle = async (id: string, bundle: object): Promise<void> => void bundles.set(id, bundle);
  return { bundles, putBundle };
}

test('variables are set one upon the other, and read one by one or all together', () => {
  variableBundle.set({ a: 1, b: { c: [true] } });
  variableBundle.set({ a: 'two' });
  expect(variableBundle.get('a')).toBe('two');
  expect(variableBundle.all()).toEqual({ a: 'two', b: { c: [true] } });
});

test('one that was not set is an error that says how to set it', () => {
  expect(() => variableBundle.get('none')).toThrow(/no variable 'none'.*variableBundle\.set/);
  expect(() => variableBundle.get('constructor')).toThrow(RangeError);
});

test('what is no JSON cannot be set, and what is changed afterwards does not change it', () => {
  expect(() => variableBundle.set({ f: () => 1 })).toThrow(/'f' has no JSON/);
  const list = [1];
  variableBundle.set({ list });
  list.push(2);
  expect(variableBundle.get('list')).toEqual([1]);
});

test('the whole set is sent as a bundle; the same set is the same one', async () => {
  const client = remembering();
  variableBundle.set({ a: 1, b: 2 });
  const id = await variableBundle.send(client);
  expect(client.bundles).toEqual(new Map([[id, { variables: { a: 1, b: 2 }, keepMs: 86_400_000 }]]));
  variableBundle.clear();
  variableBundle.set({ b: 2, a: 1 });
  expect(await variableBundle.send(client)).toBe(id);
  await variableBundle.send(client, { keepMs: null });
  expect(client.bundles.get(id)).toMatchObject({ keepMs: null });
  variableBundle.set({ a: 2 });
  expect(await variableBundle.send(client)).not.toBe(id);
  expect(id).toMatch(/^[a-z0-9-]{1,54}$/);
});

test('inside a job the same calls read what was sent along with it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-bundle-'));
  writeFileSync(join(folder, 'variables.json'), '{"from":"outside"}');
  process.env.MUSTER_BUNDLE = folder;
  try {
    let inside = variableBundle;
    jest.isolateModules(() => {
      const client = jest.requireActual<{ variableBundle: typeof variableBundle }>('../../client');
      inside = client.variableBundle;
    });
    expect(inside).not.toBe(variableBundle);
    expect(inside.get('from')).toBe('outside');
    inside.set({ more: 1 });
    expect(inside.all()).toEqual({ from: 'outside', more: 1 });
  } finally {
    delete process.env.MUSTER_BUNDLE;
    rmSync(folder, { recursive: true });
  }
});
