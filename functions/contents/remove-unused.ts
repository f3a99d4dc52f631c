import type { UsedContent } from '../../shared/ports';
import type { App } from '../app';
import { dropUnused, eachBundle, usedContents } from './drop-unused';

const atOnce = 8;

/** Removes bundles whose time is over, and contents that nothing has needed for long. Goes on until `until` (ms); the rest is the next round's. */
export async function removeUnused(app: App, until: number): Promise<void> {
  await removeExpiredBundles(app);
  let used: Set<string> | undefined;
  let continuation: string | undefined;
  do {
    const page = await app.content.page(continuation);
    const old = page.contents.filter(({ lastModified }) => isOld(app, lastModified));
    // Once a round: what is used from here on has another time, and is not removed.
    if (old.length > 0) used ??= await usedContents(app);
    await removeContents(
      app,
      old.filter(({ sha256 }) => !used?.has(sha256)),
      until,
    );
    continuation = page.continuation;
  } while (continuation !== undefined && Date.now() < until);
}

async function removeExpiredBundles(app: App): Promise<void> {
  const contents: string[] = [];
  for await (const bundle of eachBundle(app)) {
    if (bundle.expiresAt === null || Date.parse(bundle.expiresAt) > app.clock.now()) continue;
    await app.bundles.removeThis(bundle);
    contents.push(...bundle.files.map(({ sha256 }) => sha256));
  }
  await dropUnused(app, contents);
}

function isOld({ clock, config }: App, lastModified: string): boolean {
  return Date.parse(lastModified) < clock.now() - config.MUSTER_CONTENT_KEEP_MS;
}

async function removeContents({ content }: App, unused: UsedContent[], until: number): Promise<void> {
  for (let start = 0; start < unused.length && Date.now() < until; start += atOnce) {
    const some = unused.slice(start, start + atOnce);
    await Promise.all(
      some.map(({ sha256, lastModified }) => content.remove(sha256, { unusedSince: lastModified })),
    );
  }
}
