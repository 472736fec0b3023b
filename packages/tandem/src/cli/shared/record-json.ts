import type { EvaluationRecord } from '../../evaluate/index.js';

/** One JSON object for all records; the first is what the command was asked for. */
export function recordsAsJson(
  command: string,
  images: string,
  records: readonly EvaluationRecord<object>[],
  more: object = {},
): object {
  const results = records.map(({ encoder, file, kept, protocol, settings, result }) => {
    return { encoder, file, kept, protocol, settings, result };
  });
  const [first] = results;
  const { file = '', protocol = '', settings = {}, result = {} } = first ?? {};
  const { accuracy } = result as { accuracy?: number };
  return { command, encoder: file, images, protocol, settings, accuracy, result, results, ...more };
}
