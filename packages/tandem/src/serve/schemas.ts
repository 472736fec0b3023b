// What clients may ask and what they are answered. The same objects check requests, give the
// answers their types, and stand in `/openapi.json`.

import { z } from 'zod';

/** Pictures in one request, at most. */
export const mostPictures = 64;

const isBase64 = (text: string) => Math.ceil(Buffer.from(text, 'base64').length / 3) * 4 === text.length;

const base64 = z
  .string()
  .refine(isBase64, 'no base64')
  .meta({ contentEncoding: 'base64', description: 'An encoded picture (JPEG, PNG, WebP, GIF, TIFF, AVIF) in base64' });

/** A JSON body: one picture, or several. */
export const body = z.union([
  z.strictObject({ image: base64 }),
  z.strictObject({ images: z.array(base64).min(1).max(mostPictures) }),
]);

const flag = z.enum(['true', 'false']).default('false');

/** What may stand behind the `?` of each path. */
export const queries = {
  embed: z.strictObject({ normalize: flag.describe('Whether vectors are scaled to length 1') }),
  classify: z.strictObject({
    top: z.coerce.number().int().min(1).max(1000).default(5).describe('Classes that are named, likeliest first'),
  }),
  search: z.strictObject({
    k: z.coerce.number().int().min(1).max(1000).default(20).describe('Neighbours that are named, nearest first'),
    class: z.string().optional().describe('Of this class alone'),
    path: z.string().optional().describe("With this text in the file's name alone; case counts"),
    exact: flag.describe('Whether all vectors are compared, though there is an approximate index'),
    pictures: flag.describe('Whether each neighbour comes with a small picture, as a data URI'),
  }),
};

const vector = z.strictObject({ vector: z.array(z.number()).describe('float32, in full') });
const guess = z.strictObject({ label: z.string(), probability: z.number() });
const classes = z.strictObject({ classes: z.array(guess).describe('Likeliest first') });
const match = z.strictObject({
  images: z.string().describe('The folder, archive or data set that was indexed, by its last name'),
  file: z.string().describe('Its name among them'),
  class: z.string().optional(),
  similarity: z.number().describe('Cosine, from -1 to 1'),
  picture: z.string().optional().describe('A small PNG as a data URI, where it was asked for and lies in a folder'),
});
const found = z.strictObject({
  among: z.int().describe('Images that were looked through'),
  matches: z.array(match).describe('Nearest first'),
});

/** What each path answers of one picture. */
export const answers = { embed: vector, classify: classes, search: found };

/** The error of every answer that is none. */
export const fault = z.strictObject({ error: z.string() });

/** What `/health` answers. */
export const health = z.strictObject({
  status: z.enum(['ok', 'stopping']),
  width: z.int().describe('Numbers in a vector'),
  size: z.int().describe('Side that pictures are brought to, in pixels'),
  classes: z.array(z.string()).optional().describe('Those that /classify tells apart, where there is a classifier'),
  indexed: z.boolean().describe('Whether there is an index to search'),
});

/** What is asked of pictures. */
export type Task = keyof typeof answers;

/** What a task answers of one picture. */
export type Answer<T extends Task> = z.infer<(typeof answers)[T]>;

/** What stands behind the `?`, checked. */
export type Query<T extends Task> = z.infer<(typeof queries)[T]>;

/** A neighbour, as it is answered. */
export type MatchAnswer = z.infer<typeof match>;
