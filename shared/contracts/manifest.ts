import { z } from 'zod';

export const ResourceGroupName = z
  .string()
  .regex(/^[-\w._()]{1,90}$/, 'must be 1 to 90 letters, digits or -_.()')
  .refine((name) => !name.endsWith('.'), 'must not end with a period');

export const LinuxUserName = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'must be a Linux user name');

/** A user's Azure defaults; a template's own subscription and resource group win over them. */
export const Manifest = z.strictObject({
  subscriptionId: z.guid(),
  resourceGroup: ResourceGroupName,
  sshUser: LinuxUserName.default('muster'),
  sshPublicKeys: z
    .array(z.string().regex(/^(ssh-(rsa|ed25519)|ecdsa-sha2-\S+) \S+/, 'must be an OpenSSH public key'))
    .max(20)
    .default([]),
});
export type Manifest = z.infer<typeof Manifest>;
