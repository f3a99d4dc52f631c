export { configured, type ClientOptions } from './configuration';
export { MusterError } from './errors';
export * from './muster-client';
export type { RetryOptions } from './retry';
