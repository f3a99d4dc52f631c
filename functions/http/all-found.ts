import { ApiError, type Problem } from '../../shared/errors';

/** Look-ups of a request that do not need each other. Where several are refused, the error names the problems of all. */
export async function allFound<Found extends readonly unknown[]>(lookUps: {
  readonly [Index in keyof Found]: Promise<Found[Index]>;
}): Promise<Found> {
  const settled = await Promise.allSettled<unknown>(lookUps);
  const failures = settled.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  const refusals = failures.filter((error) => error instanceof ApiError);
  // What is no refusal may pass: then nothing can be said yet.
  const other = failures.find((error) => !(error instanceof ApiError));
  if (other !== undefined) throw other;
  const [first] = refusals;
  if (refusals.length > 1) {
    const details = refusals.flatMap(problemsOf);
    const message = `The request has ${details.length} problems: ${details.map((detail) => detail.message).join(' ')}`;
    throw new ApiError(first!.status, first!.code, message, { details });
  }
  if (first) throw first;
  return settled.map((result) => (result as PromiseFulfilledResult<unknown>).value) as unknown as Found;
}

/** What an error names, one problem at least. */
export function problemsOf({ code, message, options: { target, details } }: ApiError): Problem[] {
  return details && details.length > 0
    ? details
    : [{ code, message, ...(target !== undefined && { target }) }];
}

/** The same refusal of a part of a request: its targets as the whole request has them. */
export function retargeted(error: ApiError, rename: (target: string) => string): ApiError {
  const { target, details } = error.options;
  return new ApiError(error.status, error.code, error.message, {
    ...error.options,
    ...(target !== undefined && { target: rename(target) }),
    ...(details && {
      details: details.map((detail) => ({
        ...detail,
        ...(detail.target && { target: rename(detail.target) }),
      })),
    }),
  });
}
