import type { JobHooks } from '../evaluate/index.js';
import { contactSheet } from './contact-sheet.js';
import { writeFindings } from './findings.js';
import type { Selection } from './select.js';
import type { CurateOptions, Picture } from './vectors.js';

/**
 * Writes what was selected to a new folder: `selected.txt`, `selected.csv`, `selected.jsonl`,
 * `label-studio.json` (tasks) and `selected.html`, all in the order of the choice.
 * @returns the files
 */
export async function writeSelection(
  folder: string,
  { selected, among }: Selection,
  options: CurateOptions,
  hooks: JobHooks = {},
): Promise<string[]> {
  const page = await contactSheet(
    {
      title: `Selected from ${options.images}`,
      about: `${selected.length.toLocaleString('en')} of ${among.toLocaleString('en')} pictures, in the order in which they were chosen.`,
      sections: [
        {
          title: 'Selected',
          pictures: selected.map(({ file, class: own }, i) => ({
            file,
            note: [`${i + 1}.`, ...(own === undefined ? [] : [own])].join(' '),
          })),
        },
      ],
    },
    options,
    hooks,
  );
  return writeFindings(folder, {
    lists: { 'selected.txt': selected.map(({ file }) => file) },
    tables: { selected: selected.map(({ file, class: own }, i) => ({ order: i + 1, file, class: own })) },
    others: {
      'label-studio.json': `${JSON.stringify(selected.map(taskOf), undefined, 1)}\n`,
      'selected.html': page,
    },
  });
}

/**
 * A task as Label Studio imports it. It shows pictures by URL: its own of local files, below the
 * folder of the images (https://labelstud.io/guide/storage#Local-storage), or that of the picture.
 */
function taskOf({ file, class: own }: Picture) {
  const isUrl = /^https?:[/][/]/.test(file);
  const image = isUrl ? file : `/data/local-files/?d=${file.split('/').map(encodeURIComponent).join('/')}`;
  return { data: { image, file, ...(own !== undefined && { class: own }) } };
}
