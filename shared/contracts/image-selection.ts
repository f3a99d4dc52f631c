import { z } from 'zod';
import { ResourceGroupName } from './manifest';

const name = z.string().regex(/^[-\w.]{1,80}$/, 'must be 1 to 80 letters, digits or -_.');

/**
 * Another image than the template's, chosen when the resource is created. What is left out is as in the template's image; without
 * a version it is the newest there is then, and stays that one when the scale set grows.
 */
export const ImageSelection = z.strictObject({
  gallery: name.optional(),
  name: name.optional(),
  version: z
    .string()
    .regex(/^\d{1,10}\.\d{1,10}\.\d{1,10}$/, 'must be like 1.0.12')
    .optional(),
  subscriptionId: z.guid().optional(),
  resourceGroup: ResourceGroupName.optional(),
});
export type ImageSelection = z.infer<typeof ImageSelection>;
