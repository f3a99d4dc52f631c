export * from './boot-logs';
export * from './clock';
export * from './compute';
export * from './content';
export * from './images';
export * from './quota';
export * from './records';
export * from './work';
