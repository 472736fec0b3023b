import { basename } from 'node:path';
import { UserError } from '../errors.js';
import type { Gallery, Match } from '../gallery/index.js';
import { pictureOf } from '../gallery/index.js';
import type { Model } from '../load/index.js';
import { Refusal } from '../web/refusal.js';
import type { Answer, MatchAnswer, Query, Task } from './schemas.js';

/** What a server can do with a picture. */
export type Tasks = { readonly [T in Task]?: (picture: Uint8Array, query: Query<T>) => Promise<Answer<T>> };

/** What a server does. */
export interface Work {
  readonly tasks: Tasks;
  /** Why the others cannot be done. */
  readonly without: Partial<Record<Task, string>>;
  readonly width: number;
  readonly size: number;
  /** Those of the classifier, where there is one. */
  readonly classes?: readonly string[] | undefined;
  /** What a browser is shown. */
  readonly page?: string | undefined;
}

/** What a model does, and an index where there is one. */
export function workOf(model: Model, gallery: Gallery | undefined, page: string | undefined): Work {
  const classifier = classesOf(model);
  const classes = Array.isArray(classifier) ? classifier : undefined;
  return {
    tasks: {
      embed: async (picture, { normalize }) => {
        return { vector: Array.from(await model.embed(picture, { normalize: normalize === 'true' })) };
      },
      ...(classes && {
        classify: async (picture: Uint8Array, { top }: Query<'classify'>) => {
          return { classes: await model.classify(picture, { top }) };
        },
      }),
      ...(gallery && { search: (picture: Uint8Array, query: Query<'search'>) => search(gallery, picture, query) }),
    },
    without: {
      ...(typeof classifier === 'string' && { classify: classifier }),
      search: 'there is no index here; begin the server with --index',
    },
    ...{ width: model.width, size: model.size, classes, page },
  };
}

/** The classes, or why there are none. */
function classesOf(model: Model): string[] | string {
  try {
    return [...model.classes];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return 'the encoder has no classifier; train one by tandem linear or finetune, and begin the server anew';
  }
}

async function search(
  gallery: Gallery,
  picture: Uint8Array,
  { exact, pictures, ...query }: Query<'search'>,
): Promise<Answer<'search'>> {
  const vector = await gallery.model.embed(picture, { normalize: true });
  const { among, matches } = await near(gallery, vector, { ...query, exact: exact === 'true' });
  const shown = matches.map((match) => answerOf(match, pictures === 'true'));
  return { among, matches: await Promise.all(shown) };
}

/** What fails here is no fault of the picture. */
async function near(gallery: Gallery, ...asked: Parameters<Gallery['near']>): ReturnType<Gallery['near']> {
  try {
    return await gallery.near(...asked);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new Refusal(503, 'the index does not answer', { 'retry-after': '5' }, { cause: error });
  }
}

/** Folders of the server are its own business: their last name is enough. */
async function answerOf({ images, file, class: own, similarity }: Match, isPictured: boolean): Promise<MatchAnswer> {
  const picture = isPictured ? await pictureOf(images, file) : undefined;
  return {
    ...{ images: basename(images), file, similarity },
    ...(own !== undefined && { class: own }),
    ...(picture !== undefined && { picture }),
  };
}
