import { FileCalls } from './file-calls';

/**
 * The HTTP API as methods, one file a resource: set-up, scale sets, virtual machines, jobs and their files. Each rejects with MusterError
 * where the control plane refuses or cannot be reached.
 */
export class MusterClient extends FileCalls {
  /** The same client, whose calls reject with the signal's reason once that is aborted. */
  override withSignal(signal: AbortSignal | undefined): MusterClient {
    return signal ? new MusterClient(this.options, signal) : this;
  }
}
