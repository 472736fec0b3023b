import type { OpenedClassifier } from '../../runs/index.js';
import { csv } from '../../text.js';
import { guessClasses } from '../classify.js';
import { type Format, rowGroups, writeBlocks } from '../embed/formats.js';

/** How many classes are written for each image, and by which classifier. */
interface Asked {
  readonly classifier: OpenedClassifier;
  readonly top: number;
}

/**
 * How a file of predictions is written, by its ending: a row an image, with columns `file`, `class`
 * where the images lie in class folders, `predicted`, `probability`, and `predicted_2`,
 * `probability_2` and so on.
 */
export function predictionFormats(asked: Asked): Readonly<Record<string, Format>> {
  return { '.csv': writeCsv(asked), '.jsonl': writeJsonLines(asked), '.parquet': writeParquet(asked) };
}

function guessesOf({ classifier, top }: Asked, features: readonly (readonly number[])[]) {
  return features.map((scores) => guessClasses(Float32Array.from(scores), classifier, top));
}

/** `predicted`, `predicted_2`, ... */
const numbered = (name: string, i: number) => (i === 0 ? name : `${name}_${i + 1}`);
/** Digits that tell float32 probabilities apart. */
const rounded = (probability: number) => Number(probability.toPrecision(7));

function writeCsv(asked: Asked): Format {
  return async (journal, path) => {
    const hasClasses = journal.about.classes !== undefined;
    const guessed = Array.from({ length: asked.top }, (_, i) => [numbered('predicted', i), numbered('probability', i)]);
    function* lines(): Generator<string> {
      yield csv([['file', ...(hasClasses ? ['class'] : []), ...guessed.flat()]]);
      for (const { names, features, classes } of rowGroups(journal)) {
        yield csv(
          guessesOf(asked, features).map((guesses, i) => [
            names[i],
            ...(classes ? [classes[i]] : []),
            ...guesses.flatMap(({ label, probability }) => [label, rounded(probability)]),
          ]),
        );
      }
    }
    writeBlocks(path, lines());
  };
}

function writeJsonLines(asked: Asked): Format {
  return async (journal, path) => {
    function* lines(): Generator<string> {
      for (const { names, features, classes } of rowGroups(journal)) {
        for (const [i, guesses] of guessesOf(asked, features).entries()) {
          const predictions = guesses.map(({ label, probability }) => ({ label, probability: rounded(probability) }));
          yield `${JSON.stringify({ file: names[i], ...(classes && { class: classes[i] }), predictions })}\n`;
        }
      }
    }
    writeBlocks(path, lines());
  };
}

const required = { repetition_type: 'REQUIRED' } as const;

function writeParquet(asked: Asked): Format {
  return async (journal, path, facts) => {
    const { fileWriter, ParquetWriter } = await import('hyparquet-writer');
    const text = (name: string) => ({ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', ...required }) as const;
    const guessed = Array.from({ length: asked.top }, (_, i) => i);
    const columns = [
      ...['file', ...(journal.about.classes ? ['class'] : [])].map(text),
      ...guessed.flatMap((i) => [
        text(numbered('predicted', i)),
        { name: numbered('probability', i), type: 'FLOAT', ...required } as const,
      ]),
    ];
    const writer = new ParquetWriter({
      writer: fileWriter(path),
      kvMetadata: Object.entries(facts).map(([key, value]) => ({ key: `tandem.${key}`, value })),
      schema: [{ name: 'root', num_children: columns.length }, ...columns],
    });
    for (const { names, features, classes } of rowGroups(journal)) {
      const guesses = guessesOf(asked, features);
      await writer.write({
        columnData: [
          { name: 'file', data: names },
          ...(classes ? [{ name: 'class', data: classes }] : []),
          ...guessed.flatMap((i) => [
            { name: numbered('predicted', i), data: guesses.map((row) => row[i]?.label ?? '') },
            { name: numbered('probability', i), data: guesses.map((row) => row[i]?.probability ?? 0) },
          ]),
        ],
        rowGroupSize: names.length,
      });
    }
    await writer.finish();
  };
}
