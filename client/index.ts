export * from './errors';
export * from './muster-client';
