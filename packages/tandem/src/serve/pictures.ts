import type { HonoRequest } from 'hono';
import type { z } from 'zod';
import { Refusal } from '../web/refusal.js';
import { body, mostPictures } from './schemas.js';

/** The pictures of a request. */
export interface Asked {
  /** Encoded, as they came. */
  readonly pictures: readonly Uint8Array[];
  /** Whether a list was sent, so that a list is answered. */
  readonly isList: boolean;
}

/** Where curl sends a body without being told what it is. */
const unsaid = 'application/x-www-form-urlencoded';

/**
 * Reads the pictures of a request: a body that is one, a form with files, or JSON with base64.
 * Bytes alone: no client has a path or an address opened.
 * @throws Refusal for what is none of these
 */
export async function picturesOf(request: HonoRequest): Promise<Asked> {
  const type = (request.header('content-type') ?? unsaid).split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json') return inJson(await reading(request.text(), 'the body'));
  if (type === 'multipart/form-data') return inForm(await reading(request.formData(), 'the form'));
  if (type.startsWith('image/') || type === 'application/octet-stream' || type === unsaid) {
    return { pictures: [whole(new Uint8Array(await reading(request.arrayBuffer(), 'the body')))], isList: false };
  }
  throw new Refusal(
    415,
    `content-type ${type} is not taken: send a picture (image/*), a form (multipart/form-data) or application/json`,
  );
}

async function reading<T>(part: Promise<T>, what: string): Promise<T> {
  try {
    return await part;
  } catch (error) {
    if (error instanceof Error && error.name === 'BodyLimitError') throw error;
    throw new Refusal(400, `${what} cannot be read: it is cut short or malformed`);
  }
}

function inJson(text: string): Asked {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal(400, 'the body is no JSON; send {"image": "<base64>"} or {"images": ["<base64>", ...]}');
  }
  const { success, data, error } = body.safeParse(value);
  if (!success) throw new Refusal(400, `the body is not as it should be: ${why(error)}`);
  const texts = 'image' in data ? [data.image] : data.images;
  return { pictures: texts.map((text) => whole(Buffer.from(text, 'base64'))), isList: 'images' in data };
}

async function inForm(form: FormData): Promise<Asked> {
  const files: File[] = [];
  const names = new Set<string>();
  for (const [name, value] of form) {
    if ((name !== 'image' && name !== 'images') || typeof value === 'string') {
      throw new Refusal(400, 'a form holds one file called image, or several called images');
    }
    names.add(name);
    files.push(value);
  }
  const isList = names.has('images');
  if (files.length === 0 || (!isList && files.length > 1) || names.size > 1) {
    throw new Refusal(400, 'a form holds one file called image, or several called images');
  }
  if (files.length > mostPictures) throw new Refusal(400, `at most ${mostPictures} pictures in one request`);
  return { pictures: await Promise.all(files.map(async (file) => new Uint8Array(await file.arrayBuffer()))), isList };
}

function whole(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) throw new Refusal(400, 'there is no picture: the body is empty');
  return bytes;
}

/** What is wrong, in one line. */
export function why(error: z.ZodError): string {
  const issues = error.issues.flatMap((issue) =>
    issue.code === 'invalid_union' ? (issue.errors.toSorted((a, b) => a.length - b.length)[0] ?? []) : [issue],
  );
  return issues
    .map(({ path, message }) => [path.join('.'), message].filter((part) => part !== '').join(': '))
    .join('; ');
}
