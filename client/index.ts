export * from './errors';
export * from './event-stream';
export * from './follow';
export * from './muster-client';
