import { gangPrefix } from '../../shared/contracts/blob-names';
import type { GangName } from '../../shared/contracts/gangs';
import { JobSpecification } from '../../shared/contracts/job-specification';
import type { LeasedBlobs } from './leased-blobs';

/** A short specification lies in the task's message, which members never see: the head leaves them a copy. */
const blobOf = (gang: GangName): string => `${gangPrefix(gang)}specification.json`;

export async function putGangSpecification(
  gang: GangName,
  specification: JobSpecification,
  blobs: LeasedBlobs,
): Promise<void> {
  await blobs.create(blobOf(gang), specification);
}

export async function readGangSpecification(gang: GangName, blobs: LeasedBlobs): Promise<JobSpecification> {
  const read = await blobs.read(blobOf(gang), JobSpecification);
  if (!read) throw new Error('the gang has no specification');
  return read.value;
}
