import { MusterError } from '../client';

/** The view, or the error that says that there is none. */
export function found<View>(view: View | undefined, what: string): View {
  if (view !== undefined) return view;
  throw new MusterError(404, { error: { code: 'NotFound', message: `There is no ${what}.` } });
}
