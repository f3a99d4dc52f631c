import { optional } from '../arguments/options';
import { pairs, text, wholeNumber } from '../arguments/values';

/** What a scale set and a VM have in common beside their templates. */
export const resourceOptions = {
  env: optional(pairs, 'environment variable of every task on it'),
  environment: optional(text('ENVIRONMENT'), 'software environment that its VMs make at their boot'),
  ompNumThreads: optional(wholeNumber('N', { min: 1 }), 'OMP_NUM_THREADS of every task'),
};
