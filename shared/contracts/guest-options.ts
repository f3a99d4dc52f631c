import { z } from 'zod';

const Filesystem = z.enum(['xfs', 'ext4']);

/** How a VM's own system is set up at boot, beside what its template says of it to Azure. */
export const GuestOptions = z.strictObject({
  /** The Linux user that tasks run as; made at boot. */
  taskUser: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'must be a Linux user name')
    .refine((name) => name !== 'root', 'must not be root')
    .default('muster-task'),
  /** All blank local NVMe disks as one striped volume at /scratch. */
  scratch: z.strictObject({ filesystem: Filesystem.default('xfs') }).optional(),
  /** The template's data disks, at /scratch{lun}; one that holds anything is never formatted. */
  dataDisks: z.strictObject({ filesystem: Filesystem.default('xfs') }).optional(),
  /** Modes of all NVIDIA GPUs; where one has to change, the VM reboots once before it enrols. */
  nvidia: z.strictObject({ ecc: z.boolean().default(true), mig: z.boolean().default(false) }).optional(),
  /** Absent: as the VM size has it. */
  hyperthreading: z.boolean().optional(),
});
export type GuestOptions = z.infer<typeof GuestOptions>;
