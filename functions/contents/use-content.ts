import type { ContentProperties } from '../../shared/ports';
import type { App } from '../app';

/** What there is of a content that is going to be needed: it is not removed as unused for half of its time at least. */
export function useContent(
  { content, clock, config }: App,
  sha256: string,
): Promise<ContentProperties | undefined> {
  return content.use(sha256, new Date(clock.now() - config.MUSTER_CONTENT_KEEP_MS / 2));
}
