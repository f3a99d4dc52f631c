import { z } from 'zod';

/** ARM's error envelope: every error answer of the API has this body. */
export const ErrorDetail = z.object({ code: z.string(), message: z.string(), target: z.string().optional() });
export type ErrorDetail = z.infer<typeof ErrorDetail>;

export const ErrorEnvelope = z.object({
  error: ErrorDetail.extend({ details: z.array(ErrorDetail).optional() }),
});
export type ErrorEnvelope = z.infer<typeof ErrorEnvelope>;
