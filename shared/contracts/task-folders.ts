/** Names in a task's folders and environment. Apart from the schemas, so that a program may know them without these. */

/** Below a task's working folder: what a task leaves in it is kept. */
export const outputsFolder = 'outputs';
/** In a task's environment: that folder, and the one with its job's bundle. */
export const outputsVariable = 'MUSTER_OUTPUTS';
export const bundleVariable = 'MUSTER_BUNDLE';
/** In a bundle's folder: all variables, as one JSON object. */
export const variablesFileName = 'variables.json';
