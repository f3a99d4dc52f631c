import { doneWith, takeBatch, type Queued } from '../../../host/durable/entities/batch';
import type { EntityRequest } from '../../../host/durable/entities/messages';

let seq = 0;
const queued = (request: Partial<EntityRequest>): Queued => ({
  seq: seq++,
  request: { id: 'id', ...request },
});
const operation = (parent: string): Queued => queued({ op: 'add', parent });
const lock = (parent: string): Queued =>
  queued({ id: `lock-${parent}`, parent, lockset: [{ name: 'e', key: 'k' }] });
const release = (parent: string): Queued => queued({ id: `lock-${parent}`, parent, isRelease: true });

describe("an entity's next batch", () => {
  it('takes all operations while nobody holds the lock', () => {
    const queue = [operation('a'), operation('b')];
    expect(takeBatch(queue, null)).toMatchObject({ operations: queue, remaining: [], lockedBy: null });
  });

  it('ends with a lock request and leaves what stands behind it', () => {
    const queue = [operation('a'), lock('b'), operation('a'), operation('b')];
    expect(takeBatch(queue, null)).toMatchObject({
      operations: [queue[0]],
      lockChange: queue[1],
      remaining: [queue[2], queue[3]],
      lockedBy: 'b',
    });
  });

  it("takes only the holder's operations while locked", () => {
    const queue = [operation('a'), operation('b'), lock('a')];
    expect(takeBatch(queue, 'b')).toMatchObject({
      operations: [queue[1]],
      remaining: [queue[0], queue[2]],
      lockedBy: 'b',
    });
  });

  it('frees the lock when its holder releases it, and not when another does', () => {
    const [mine, theirs] = [release('b'), release('a')];
    expect(takeBatch([mine], 'b')).toMatchObject({ lockChange: mine, lockedBy: null });
    expect(takeBatch([theirs], 'b')).toMatchObject({ lockChange: theirs, lockedBy: 'b' });
  });

  it('forgets a lock request whose orchestration ended while it waited', () => {
    const queue = [lock('a'), operation('c'), release('a')];
    const batch = takeBatch(queue, 'b');
    expect(batch).toMatchObject({ abandoned: [queue[0]], remaining: [queue[1]], lockedBy: 'b' });
    expect(doneWith(batch)).toEqual([queue[2]?.seq, queue[0]?.seq]);
  });
});
