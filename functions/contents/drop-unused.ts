import type { BundleDocument, EnvironmentView } from '../../shared/contracts';
import type { ScaleSetRow, VirtualMachineRow } from '../../shared/domain';
import type { App } from '../app';

/** Removes contents that no environment, no resource that was made with one, and no bundle needs. */
export async function dropUnused(app: App, contents: string[]): Promise<void> {
  if (contents.length === 0) return;
  const used = await usedContents(app);
  for (const sha256 of new Set(contents)) if (!used.has(sha256)) await app.content.remove(sha256);
}

export async function usedContents(app: App): Promise<Set<string>> {
  const { records } = app;
  const environments = await records.list<EnvironmentView>('environments', 'environment');
  const scaleSets = await records.list<ScaleSetRow>('resources', 'scale-set');
  const machines = await records.list<VirtualMachineRow>('resources', 'virtual-machine');
  const owners = [...scaleSets, ...machines];
  const made = owners.flatMap(({ value }) => value.environment?.sha256 ?? []);
  const kept = environments.map(({ value }) => value.sha256);
  return new Set([...kept, ...made, ...(await contentsOfBundles(app))]);
}

async function contentsOfBundles(app: App): Promise<string[]> {
  const found: string[] = [];
  for await (const { files } of eachBundle(app)) found.push(...files.map(({ sha256 }) => sha256));
  return found;
}

export async function* eachBundle({ bundles }: App): AsyncGenerator<BundleDocument> {
  let continuation: string | undefined;
  do {
    const page = await bundles.page({ top: 1000, continuation });
    yield* page.bundles;
    continuation = page.continuation;
  } while (continuation !== undefined);
}
