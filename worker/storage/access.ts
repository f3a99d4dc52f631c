import { ContainerClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import type { JobPriority } from '../../shared/contracts/names';
import type { WorkAccess } from '../../shared/contracts/worker-protocol';

interface Clients {
  workQueues: Record<JobPriority, QueueClient>;
  completionsQueue: QueueClient;
  container: ContainerClient;
}

/** The SDK's own retries are off: ours know what a repeat of each call means (see `retry.ts`). */
const clientOptions = { retryOptions: { maxTries: 1 } };

/** The clients of the newest SAS. Callers fetch them anew for every request, so a refresh interrupts no stream. */
export class StorageAccess {
  #clients: Clients;

  constructor(access: WorkAccess) {
    this.#clients = clientsOf(access);
  }

  get clients(): Clients {
    return this.#clients;
  }

  replace(access: WorkAccess): void {
    this.#clients = clientsOf(access);
  }
}

function clientsOf(access: WorkAccess): Clients {
  const queue = (url: string): QueueClient => new QueueClient(url, undefined, clientOptions);
  const { high, normal, low } = access.workQueueUrls;
  return {
    workQueues: {
      high: queue(high),
      normal: queue(normal),
      low: queue(low),
    },
    completionsQueue: queue(access.completionsQueueUrl),
    container: new ContainerClient(access.containerUrl, undefined, clientOptions),
  };
}
