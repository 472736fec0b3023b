import type { z } from 'zod';
import { didYouMean, shown, shownName } from '../../errors.js';

/** The first thing that is wrong with settings, as one line. @param given by name */
export function explain({ issues }: z.ZodError, given: Readonly<Record<string, unknown>>): string {
  const [issue] = issues as [z.core.$ZodIssue];
  const key = String(issue.path[0]);
  const value = given[key];
  if (value === undefined) return `${key} is missing`;
  if (issue.code === 'invalid_value')
    return `unknown ${key} ${typeof value === 'string' ? shownName(value) : shown(value)}; ${choice(asText(value), issue.values.map(String))}`;
  return `${key} must be ${wanted(issue)}, got ${shown(value)}`;
}

/** What a value had to be. */
export function wanted(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.expected === 'tuple') return issue.message;
      return issue.expected === 'int' ? 'a whole number' : `a ${issue.expected}`;
    case 'too_small':
      if (issue.origin === 'string') return 'a text that is not empty';
      if (issue.origin === 'array') return issue.message;
      return `${issue.inclusive ? 'at least' : 'above'} ${issue.minimum}`;
    case 'too_big':
      return `${issue.inclusive ? 'at most' : 'below'} ${issue.maximum}`;
    default:
      return issue.message;
  }
}

/** Of lists and objects, which may be nested deeper than the stack, only that they are such. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : shown(value);
}

/** What there is, and what is near to what was given. */
export function choice(given: string, names: readonly string[]): string {
  return `there is ${names.join(', ')}.${didYouMean(given, names)}`;
}
