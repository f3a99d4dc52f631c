export { createCredential } from './credential';
export { connectStorage, prepareStorage, type Storage, type StorageConfig } from './storage';
export { createRecords } from './records';
export { createWorkQueue } from './work-queue';
export { createJobOutput } from './job-output';
export { createWorkAccessIssuer } from './work-access-issuer';
export { connectArm, type Arm, type ArmOptions } from './arm';
export { createCompute } from './compute';
export { createNetwork } from './network';
