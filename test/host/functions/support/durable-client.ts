import { until, type HostProcess } from './host-process';

export interface Status {
  name: string;
  instanceId: string;
  runtimeStatus: string;
  input: unknown;
  customStatus: unknown;
  output: unknown;
  createdTime: string;
  lastUpdatedTime: string;
  historyEvents?: Record<string, unknown>[];
}

export interface ManagementUrls {
  id: string;
  statusQueryGetUri: string;
  sendEventPostUri: string;
  terminatePostUri: string;
  purgeHistoryDeleteUri: string;
  restartPostUri: string;
  suspendPostUri: string;
  resumePostUri: string;
  rewindPostUri?: string;
}

/** Calls methods of the real durable client, inside the app (fixture function `client`). */
export class ClientInApp {
  readonly #host: HostProcess;

  constructor(host: HostProcess) {
    this.#host = host;
  }

  async call<T>(method: string, argument: object = {}): Promise<T> {
    const response = await this.#host.postJson(`/api/client/${method}`, argument);
    const { result, error } = (await response.json()) as { result: T; error?: string };
    if (error !== undefined) {
      throw new Error(error);
    }
    return result;
  }

  start(name: string, instanceId: string, input?: unknown): Promise<string> {
    return this.call('start', { name, instanceId, input });
  }

  status(id: string, options?: object): Promise<Status> {
    return this.call('status', { id, options });
  }

  untilStatus(id: string, runtimeStatus: string): Promise<Status> {
    return until(async () => {
      const status = await this.status(id);
      return status.runtimeStatus === runtimeStatus ? status : undefined;
    });
  }
}
