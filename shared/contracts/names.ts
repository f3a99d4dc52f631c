import { z } from 'zod';

/**
 * Names people give to scale sets, virtual machines and templates. Narrower than Azure's own rule for both
 * resource types (1-64, no leading underscore, no trailing period or hyphen), so that one name fits every use.
 * Azure ignores case: two names that differ only in case are the same resource (see `nameKey`).
 */
export const ResourceName = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,52}[A-Za-z0-9])?$/,
    'must be 1 to 54 letters, digits, ".", "_" or "-", beginning and ending with a letter or digit',
  );

/** What a name is stored and compared under. */
export function nameKey(name: string): string {
  return name.toLowerCase();
}

/** Incarnation: tells a re-created resource from the one that bore the name before. */
export const Incarnation = z.string().regex(/^[a-z0-9]{8}$/);

export const OwnerKind = z.enum(['scale-set', 'virtual-machine']);
export type OwnerKind = z.infer<typeof OwnerKind>;

/** What a worker belongs to and a job runs on: one incarnation of a scale set or of a virtual machine. */
export const Owner = z.strictObject({ kind: OwnerKind, name: ResourceName, incarnation: Incarnation });
export type Owner = z.infer<typeof Owner>;

/** `scale-set:cbox:1a2b3c4d`: table partition, orchestration instance id and log field of an owner. */
export function ownerKey(owner: Owner): string {
  return `${owner.kind}:${nameKey(owner.name)}:${owner.incarnation}`;
}

export const jobIdPattern = /^[a-z0-9-]{1,64}$/;
export const JobId = z.string().regex(jobIdPattern, 'is not a job id');

/** Tasks of a higher one are taken first. */
export const JobPriority = z.enum(['low', 'normal', 'high']);
export type JobPriority = z.infer<typeof JobPriority>;
