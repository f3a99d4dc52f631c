/** Versions of the instance document that the real service named newest when this was written. */
const NEWEST_VERSIONS = ['2025-04-07', '2024-07-17', '2024-03-15'];

/** An answer of IMDS that is not 200; `body` is sent as JSON. */
export class ImdsError extends Error {
  constructor(
    readonly status: number,
    readonly body: Record<string, unknown>,
    readonly headers: Record<string, string> = {},
  ) {
    super(String(body['error']));
  }
}

export const badApiVersion = () =>
  new ImdsError(400, {
    error:
      'Bad request. api-version is invalid or was not specified in the request. For more information refer to aka.ms/azureimds',
    'newest-versions': NEWEST_VERSIONS,
  });

export const badRequest = (detail: string) =>
  new ImdsError(400, { error: detail === '' ? 'Bad request' : `Bad request. ${detail}` });

export const notFound = () => new ImdsError(404, { error: 'Not found' });

export const methodNotAllowed = () => new ImdsError(405, { error: 'Method not allowed' });

/** The identity endpoint speaks OAuth's error form. */
export const invalidTokenRequest = (description: string, error = 'invalid_request') =>
  new ImdsError(400, { error, error_description: description });
