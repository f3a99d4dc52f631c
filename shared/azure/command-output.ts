import { commandRunPrefix, workerPrefix, type Owner } from '../contracts';
import { ownerContainerName } from '../domain';
import type { CommandOutput } from '../ports';
import { readSegmented } from './segmented-stream';
import type { Storage } from './storage';
import { isNoContainer } from './storage-failure';

export function createCommandOutput(storage: Pick<Storage, 'blobs'>): (owner: Owner) => CommandOutput {
  return (owner) => {
    const container = storage.blobs.getContainerClient(ownerContainerName(owner));
    return {
      async listRuns(worker) {
        const prefix = workerPrefix(worker);
        const runs: string[] = [];
        try {
          for await (const item of container.listBlobsByHierarchy('/', { prefix })) {
            if (item.kind === 'prefix') runs.push(item.name.slice(prefix.length, -1));
          }
        } catch (error) {
          if (!isNoContainer(error)) throw error;
        }
        return runs.sort();
      },
      readStream: (run, stream, range) =>
        readSegmented(container, `${commandRunPrefix(run)}${stream}.`, range),
    };
  };
}
