import { types } from 'node:util';

const { isNativeError } = types;

/** What the storage SDKs throw; told by shape, as each package has its own class of it. */
interface StorageFailure extends Error {
  statusCode?: number;
  code?: string;
}

function statusOf(error: unknown): number | undefined {
  return isNativeError(error) ? (error as StorageFailure).statusCode : undefined;
}

/** The tables' SDK keeps the code in its parsed body, the others at the top. */
function codeOf(error: unknown): string | undefined {
  if (!isNativeError(error)) return undefined;
  const details = (error as { details?: { odataError?: { code?: string } } }).details;
  return details?.odataError?.code ?? (error as StorageFailure).code;
}

/** The row or blob is not there. A missing table or container is another thing: then the app was not prepared. */
export function isAbsent(error: unknown): boolean {
  const code = codeOf(error);
  return statusOf(error) === 404 && code !== 'TableNotFound' && code !== 'ContainerNotFound';
}

/** Nothing of the owner was ever stored. */
export function isNoContainer(error: unknown): boolean {
  return codeOf(error) === 'ContainerNotFound';
}

/** The row exists where it must not, or changed where it must not have. */
export function isConflict(error: unknown): boolean {
  const status = statusOf(error);
  return status === 412 || (status === 409 && codeOf(error) === 'EntityAlreadyExists');
}

/** Storage will answer the same again: what was asked for is wrong, or not allowed. */
export function isRefusal(error: unknown): boolean {
  const status = statusOf(error) ?? 0;
  return status >= 400 && status < 500 && ![404, 408, 409, 412, 429].includes(status);
}
