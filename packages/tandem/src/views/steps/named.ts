import { z } from 'zod';
import { didYouMean, shown, shownName, UserError } from '../../errors.js';
import { findView, type Stage, stages, type ViewStep } from './definition.js';

/** A step as files name it; what a configured one is written down as. */
export interface NamedStep {
  /** As it was defined. */
  readonly name: string;
  /** After what it comes; defaults to what its definition says. */
  readonly after?: string | undefined;
  /** Those that are not the defaults. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Steps from a text: names with commas between, each with its options and what it comes after, such
 * as `cutout:size=8:p=0.5@jitter,noise`.
 * @throws UserError for what is not known, or out of range
 */
export function stepsIn(text: string): ViewStep[] {
  return text.split(',').map((one) => stepIn(one.trim()));
}

/** The step of a name. @throws UserError for what is not known, or out of range */
export function stepNamed({ name, after, options = {} }: NamedStep): ViewStep {
  const definition = findView(name);
  if (after !== undefined && !isStage(after)) {
    throw new UserError(
      `the step ${name} comes after ${stages.join(', ')}, not ${shown(after)}.${didYouMean(after, stages)}`,
    );
  }
  const known = Object.keys(definition.options.shape);
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new UserError(`the step ${name} has no option ${shownName(unknown)}.${didYouMean(unknown, known)}`);
  try {
    return definition.configure(options, after);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const [issue] = error.issues;
    throw new UserError(`the step ${name}: ${issue?.path.join('.')}: ${issue?.message}`);
  }
}

function stepIn(text: string): ViewStep {
  const [spec = '', ...after] = text.split('@');
  const [name = '', ...words] = spec.split(':');
  const { shape } = findView(name).options;
  const options = Object.fromEntries(words.map((word) => optionIn(word, shape)));
  return stepNamed({ name, options, after: after.length > 0 ? after.join('@') : undefined });
}

function isStage(word: string): word is Stage {
  return (stages as readonly string[]).includes(word);
}

/** `.1` and `true` become what they say unless the option is a text. */
function optionIn(word: string, shape: z.ZodRawShape): [string, unknown] {
  const [, key = word, text = ''] = /^(\w+)=(.*)$/s.exec(word) ?? [];
  const type = Object.hasOwn(shape, key) ? shape[key] : undefined;
  if (type && z.safeParse(type, text).success) return [key, text];
  if (text === 'true' || text === 'false') return [key, text === 'true'];
  return [key, text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)];
}
