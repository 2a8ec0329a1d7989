// A refusal that names a field, as the sentence that stands beside that field in the person's language.
import { AppError } from '../base/errors.ts';
import { PASSWORD_MAX_LENGTH } from '../base/password.ts';
import type { Phrases } from '../phrases.ts';
import type { Fault } from '../views.ts';

/** Throws `error` again when it names no field: then it is not about what was typed. */
export function fieldFaultOf(error: unknown, { fieldFaults: t }: Phrases, passwordMinLength = 0): Fault {
  if (!(error instanceof AppError) || error.field === undefined) throw error;
  const phrase = t[(error.reason ?? 'required') as keyof typeof t] ?? t.required;
  const limit = error.reason === 'passwordTooLong' ? PASSWORD_MAX_LENGTH : passwordMinLength;
  return { field: error.field, message: typeof phrase === 'function' ? phrase(limit) : phrase };
}
