export * from './clock';
export * from './compute';
export * from './records';
export * from './work';
