import type { CloudFailure } from '../errors';
import type { AzureResource } from '../ports';
import { toCloudFailure } from './cloud-failure';

/** One read; undefined where the resource (or its group) is not there. */
export async function readIfThere<Resource>(read: () => Promise<Resource>): Promise<Resource | undefined> {
  try {
    return await read();
  } catch (error) {
    const failure = toCloudFailure(error);
    if (failure.details.statusCode === 404) return undefined;
    throw failure;
  }
}

interface Pages<Item> {
  byPage(): AsyncIterable<Item[]>;
}

/** All pages of a list, and their number; nothing where what holds the list is not there. */
export async function listPagesIfThere<Item>(
  list: () => Pages<Item>,
): Promise<{ items: Item[]; pages: number }> {
  const found = await readIfThere(async () => {
    const items: Item[] = [];
    let pages = 0;
    for await (const page of list().byPage()) {
      items.push(...page);
      pages++;
    }
    return { items, pages };
  });
  return found ?? { items: [], pages: 1 };
}

export async function listIfThere<Item>(list: () => Pages<Item>): Promise<Item[]> {
  return (await listPagesIfThere(list)).items;
}

/** A deletion of what is gone has nothing left to do. */
export async function submitUnlessGone(submission: () => Promise<string | null>): Promise<string | null> {
  try {
    return await submission();
  } catch (error) {
    if ((error as CloudFailure).details?.statusCode === 404) return null;
    throw error;
  }
}

/** ARM writes ids in any case it likes. */
export function isSameId(one: string | undefined, other: string): boolean {
  return one?.toLowerCase() === other.toLowerCase();
}

export function scaleSetIdOf({ subscriptionId, resourceGroup, name }: AzureResource): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Compute/virtualMachineScaleSets/${name}`;
}

export function parseResourceId(id: string): AzureResource {
  const match = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/.+\/([^/]+)$/i.exec(id);
  const [, subscriptionId, resourceGroup, name] = match ?? [];
  if (!subscriptionId || !resourceGroup || !name) {
    throw toCloudFailure(new Error(`${id} is no id of an Azure resource in a resource group.`));
  }
  return { subscriptionId, resourceGroup, name };
}
