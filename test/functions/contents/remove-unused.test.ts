import { createHash } from 'node:crypto';
import { removeUnused } from '../../../functions/contents/remove-unused';
import { useContent } from '../../../functions/contents/use-content';
import type { BundleDocument } from '../../../shared/contracts';
import { usePretendApp, type PretendApp } from '../submissions/pretend-app';

const keptMs = 30 * 86_400_000;
let pretend: PretendApp;
usePretendApp((made) => (pretend = made));

/** Storage has the time of this machine; the app is so far ahead. */
let aheadMs = 0;
beforeAll(() => void (pretend.app.clock = { now: () => Date.now() + aheadMs }));

const put = async (text: string): Promise<string> => {
  const sha256 = createHash('sha256').update(text).digest('hex');
  await pretend.app.content.put(sha256, Buffer.from(text));
  return sha256;
};
const isThere = async (sha256: string) => (await pretend.app.content.find(sha256)) !== undefined;
const bundleOf = (id: string, sha256: string, rest: Partial<BundleDocument> = {}): BundleDocument => ({
  ...{ id, variables: {}, files: [{ name: 'file', sha256, bytes: 1 }] },
  ...{ updatedAt: '2026-01-01T00:00:00.000Z', expiresAt: null },
  ...rest,
});
const later = (ms: number) => new Date(Date.now() + ms).toISOString();
const round = (at: number): Promise<void> => {
  aheadMs = at;
  return removeUnused(pretend.app, Date.now() + 60_000);
};

describe('a content', () => {
  it('that nothing needs goes when it was not used for so long, and one that is needed stays', async () => {
    const [unneeded, ofBundle, ofEnvironment, ofVm] = [
      await put('unneeded'),
      await put('of a bundle'),
      await put('of an environment'),
      await put('of a virtual machine'),
    ];
    const { app } = pretend;
    await app.bundles.put(bundleOf('needs', ofBundle));
    await app.records.put('environments', {
      ...{ partition: 'environment', key: 'one', value: { sha256: ofEnvironment } },
    });
    await app.records.put('resources', {
      ...{ partition: 'virtual-machine', key: 'vm', value: { environment: { sha256: ofVm } } },
    });
    await round(keptMs - 60_000);
    expect(await isThere(unneeded)).toBe(true);
    await round(keptMs + 60_000);
    expect(await isThere(unneeded)).toBe(false);
    for (const needed of [ofBundle, ofEnvironment, ofVm]) expect(await isThere(needed)).toBe(true);
  });

  it('that is asked for by somebody who is going to need it counts as used now, where that was long ago', async () => {
    const { content } = pretend.app;
    const sha256 = await put('used');
    const { lastModified: sentAt } = (await content.find(sha256))!;
    // Storage has whole seconds.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    aheadMs = 0;
    expect(await useContent(pretend.app, sha256)).toEqual({ bytes: 4, lastModified: sentAt });
    expect((await content.find(sha256))!.lastModified).toBe(sentAt);
    aheadMs = keptMs / 2 + 60_000;
    expect(await useContent(pretend.app, sha256)).toBeDefined();
    const { lastModified: usedAt } = (await content.find(sha256))!;
    expect(Date.parse(usedAt)).toBeGreaterThan(Date.parse(sentAt));
    // As one would who has listed it before.
    await content.remove(sha256, { unusedSince: sentAt });
    expect(await isThere(sha256)).toBe(true);
    await content.remove(sha256, { unusedSince: usedAt });
    expect(await isThere(sha256)).toBe(false);
    expect(await useContent(pretend.app, sha256)).toBeUndefined();
  });

  it('that is sent again counts as sent now', async () => {
    const { content } = pretend.app;
    const sha256 = await put('twice');
    const { lastModified } = (await content.find(sha256))!;
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await put('twice');
    await content.remove(sha256, { unusedSince: lastModified });
    expect(await isThere(sha256)).toBe(true);
  });
});

describe('a bundle', () => {
  it('goes, with its files, when its time is over; others stay', async () => {
    const { bundles } = pretend.app;
    const [gone, shared] = [await put('gone with its bundle'), await put('shared')];
    await bundles.put(bundleOf('short', gone, { expiresAt: later(60_000) }));
    await bundles.put(bundleOf('short-too', shared, { expiresAt: later(60_000) }));
    await bundles.put(bundleOf('long', shared, { expiresAt: later(3_600_000) }));
    await round(30_000);
    expect(await bundles.get('short')).toBeDefined();
    await round(90_000);
    for (const id of ['short', 'short-too']) expect(await bundles.get(id)).toBeUndefined();
    expect(await bundles.get('long')).toBeDefined();
    expect([await isThere(gone), await isThere(shared)]).toEqual([false, true]);
  });

  it('that was put again meanwhile stays', async () => {
    const { bundles } = pretend.app;
    const sha256 = await put('again');
    const first = bundleOf('again', sha256, { expiresAt: later(0) });
    const second = { ...first, updatedAt: '2026-01-02T00:00:00.000Z', expiresAt: null };
    await bundles.put(second);
    await bundles.removeThis(first);
    expect(await bundles.get('again')).toEqual(second);
    await bundles.removeThis(second);
    expect(await bundles.get('again')).toBeUndefined();
    await bundles.removeThis(second);
  });
});
