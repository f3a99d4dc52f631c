export * from './errors';
export * from './muster-client';
export * from './queue-submission';
