export * from './activities';
export * from './activity-contract';
export * from './names';
