import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Committer } from '../../../host/durable/committer';
import { Store } from '../../../host/durable/store';

describe('group commit', () => {
  let folder: string;
  let store: Store;
  let commits: number[];
  let committer: Committer;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-commit-'));
    store = new Store(join(folder, 'durable.db'), 'Hub');
    commits = [];
    committer = new Committer(store, (n) => commits.push(n));
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const insert = (entity: string) => (): void => {
    store.insertEntityRequest({ seq: store.newSeq(), entity, due: null, request: '{}' });
  };
  const stored = (): string[] =>
    store.all<{ entity: string }>('SELECT entity FROM entity_inbox ORDER BY seq').map((row) => row.entity);

  it('commits all steps of one round of the event loop together, in order', async () => {
    await Promise.all(['a', 'b', 'c'].map((name) => committer.commit(insert(name))));
    expect(stored()).toEqual(['a', 'b', 'c']);
    expect(commits).toEqual([1]);
  });

  it('lets a step that fails fail alone and whole', async () => {
    const bad = committer.commit(() => {
      insert('half')();
      throw new Error('disk on fire');
    });
    const good = [committer.commit(insert('a')), committer.commit(insert('b'))];
    await expect(bad).rejects.toThrow('disk on fire');
    await Promise.all(good);
    expect(stored()).toEqual(['a', 'b']);
  });

  it('stores with an fsync for each commit', () => {
    expect(store.one('PRAGMA synchronous')).toEqual({ synchronous: 2 });
    expect(store.one('PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' });
  });

  it('never gives out a key or a message number again, in this life or the next', () => {
    const before = [store.newKey(), store.newKey(), store.newSeq()];
    store.close();
    store = new Store(join(folder, 'durable.db'), 'hub');
    expect(Math.min(store.newKey(), store.newSeq())).toBeGreaterThan(Math.max(...before));
  });

  it('refuses a store of another task hub', () => {
    store.close();
    expect(() => new Store(join(folder, 'durable.db'), 'Other')).toThrow(/task hub 'Hub'/);
  });
});
