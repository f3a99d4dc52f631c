import { type Case, underWay, nothingInAzure } from './plan-scale-set-cases';
import { condition, failedOperation, runningOperation, scaleSet, seconds, unwanted } from './samples';

/** Table of `plan-scale-set.test.ts`: what a set that is not wanted any more leads to. */
export const removal: [string, Case][] = [
  [
    'deletes the whole set',
    {
      snapshot: scaleSet(2, { desired: unwanted }),
      steps: [{ kind: 'deleteScaleSet', input: {} }],
      state: 'deleting',
      code: 'DeletingInAzure',
      look: 5,
    },
  ],
  [
    'waits for the deletion that is under way',
    {
      snapshot: scaleSet(2, {
        desired: unwanted,
        status: { state: 'deleting', ...underWay('delete') },
        operation: runningOperation,
      }),
      steps: [],
      state: 'deleting',
      code: 'DeletingInAzure',
      look: 5,
    },
  ],
  [
    'deletes a set whose creation is still running',
    {
      snapshot: scaleSet(2, {
        desired: unwanted,
        status: { state: 'creating', ...underWay('create') },
        operation: runningOperation,
      }),
      steps: [{ kind: 'deleteScaleSet', input: {} }],
      state: 'deleting',
      code: 'DeletingInAzure',
      look: 5,
    },
  ],
  [
    'does not forget a set that a running creation may yet bring forth',
    {
      snapshot: scaleSet(2, {
        ...nothingInAzure,
        desired: unwanted,
        status: { state: 'creating', ...underWay('create') },
        operation: runningOperation,
      }),
      steps: [],
      state: 'deleting',
      code: 'OperationInProgress',
      look: 5,
    },
  ],
  [
    'does not wait with the deletion for the pause after a failed creation',
    {
      snapshot: scaleSet(2, {
        desired: unwanted,
        status: {
          state: 'creating',
          failures: 8,
          retryAt: seconds(256),
          condition: condition('AllocationFailed'),
        },
      }),
      steps: [{ kind: 'deleteScaleSet', input: {} }],
      state: 'deleting',
      code: 'DeletingInAzure',
      look: 5,
    },
  ],
  [
    'waits after a failed deletion',
    {
      snapshot: scaleSet(2, {
        desired: unwanted,
        status: { state: 'deleting', ...underWay('delete') },
        operation: failedOperation,
      }),
      steps: [],
      state: 'deleting',
      code: 'AllocationFailed',
      look: 5,
    },
  ],
  [
    'deletes again when that pause is over',
    {
      snapshot: scaleSet(2, {
        desired: unwanted,
        status: { state: 'deleting', failures: 1, retryAt: seconds(0) },
      }),
      steps: [{ kind: 'deleteScaleSet', input: {} }],
      state: 'deleting',
      code: 'DeletingInAzure',
      look: 5,
    },
  ],
];
