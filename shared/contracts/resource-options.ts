import { z } from 'zod';
import { Tags } from './arm-bodies';
import { ResourceName } from './names';
import { LinuxUserName, ResourceGroupName } from './manifest';

/** What a request may set beside its template; each wins over the template and the manifest. */
export const ResourceOptions = {
  subscriptionId: z.guid().optional(),
  resourceGroup: ResourceGroupName.optional(),
  /** Whom the SSH keys of the manifest let in. */
  sshUser: LinuxUserName.optional(),
  /** Raised to the image's own size where that is larger. */
  osDiskSizeGb: z.int().min(1).max(4095).optional(),
  /** Beside the template's. */
  tags: Tags.optional(),
  /** OMP_NUM_THREADS of tasks and commands; another variable is given by `environmentVariables`, which win. */
  ompNumThreads: z.int().min(1).max(4096).optional(),
  /** A software environment that each VM makes before its workers take work; as it is when the resource is created. */
  environment: ResourceName.optional(),
};
