import { z } from 'zod';
import { alsoKnownAs } from '../../methods/options/aliases.js';

/** Which images a run learns from, and how they are read. */
export const dataOptions = z.object({
  images: z
    .string()
    .min(1)
    .describe('data-set name; folders, globs, tars, zips, shards, lists or Parquet of images, here or by URL'),
  size: z
    .int()
    .min(8)
    .max(1024)
    .optional()
    .describe(
      'side of the views in pixels; defaults to that of small squares of one size, and to 96 for all other images',
    ),
  channels: z
    .int()
    .min(1)
    .max(16)
    .optional()
    .describe(
      '3 for colour, 1 for gray: pictures are converted; otherwise the bands that files must have; defaults to what the first image has',
    ),
  bits: z
    .int()
    .optional()
    .describe('bits of a sample, 8 or 16; defaults to 8 for pictures, to 16 for bands of more than 8 bits'),
  range: z
    .string()
    .optional()
    .describe('which numbers are black and white, as 0,10000, in files of floats, signed numbers or more than 8 bits'),
  mean: z
    .string()
    .optional()
    .describe(
      'mean of each channel, of values from 0 to 1, as 0.1,0.2,0.1,0.3; defaults to that of the data set or ImageNet, and is computed where images are no 8-bit pictures',
    ),
  std: z.string().optional().describe('standard deviation of each channel; as mean'),
  leaveOut: z
    .string()
    .min(1)
    .optional()
    .describe('a list of images that are not used, a path a line, as `tandem check --out` writes it'),
  limit: z.int().min(2).optional().describe('use at most so many images, evenly over the classes'),
  classes: z
    .string()
    .min(1)
    .optional()
    .describe(
      'what names the class of an image: level=1 is the outermost folder, level=-1 the innermost; or none; or a regular expression over paths whose first group is the class; defaults to the outermost folders that differ',
    ),
  train: z
    .string()
    .min(1)
    .optional()
    .describe('glob over paths of the images to learn from; defaults to folders of the usual names, such as train'),
  test: z
    .string()
    .min(1)
    .optional()
    .describe(
      'glob over paths of the images to ask about; defaults to folders of the usual names, such as test or val',
    ),
  imageColumn: alsoKnownAs(
    z
      .string()
      .min(1)
      .optional()
      .describe(
        'column of paths, URLs or images in a list or table; of samples with several images the one used, such as left.jpg; defaults to the first that holds images',
      ),
    { names: ['pathColumn'] },
  ),
  labelColumn: z.string().min(1).optional().describe('column of classes; defaults to one of a usual name'),
  splitColumn: z
    .string()
    .min(1)
    .optional()
    .describe('column that says train, test, ...; defaults to one of a usual name'),
  maxSkipped: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe('share of image files that may be unreadable before the run stops; in a small set up to five may'),
  cache: z
    .string()
    .min(1)
    .optional()
    .describe(
      "folder for decoded images that are too many for the memory, and for files from URLs; defaults to the user's cache",
    ),
  stream: z
    .enum(['auto', 'on', 'off'])
    .default('auto')
    .describe(
      'on reads images while it learns from them, however many they are; auto does for addresses that stand for several files, such as https://host/{000..099}.tar and s3://bucket/*.tar',
    ),
  streamCache: z
    .number()
    .positive()
    .optional()
    .describe('GiB of files from URLs and buckets that are kept on disk; defaults to 10'),
  streamWindow: z
    .int()
    .min(1)
    .optional()
    .describe('shards of a stream that are mixed at a time; defaults to 16, or as many as fit twice in streamCache'),
  epochImages: z
    .int()
    .min(1)
    .optional()
    .describe('images of a stream in an epoch; defaults to as many as there are, as far as that is known'),
  measureOn: z
    .string()
    .min(1)
    .optional()
    .describe('labelled images, given as images are, to measure a streamed run on; defaults to some of the stream'),
  dataRoot: z.string().optional().describe('where named data sets are looked for first'),
});

/** Which images a run learns from, and how they are read. */
export type DataSettings = Readonly<z.infer<typeof dataOptions>>;
