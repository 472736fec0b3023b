import { type Encoder, loadEncoder } from './encoder.js';
import { neighbours, plane } from './vectors.js';

interface Picture {
  readonly name: string;
  /** A small copy, to show. */
  readonly url: string;
  readonly vector: Float32Array;
}

const pictures: Picture[] = [];
let chosen = 0;

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const [status, results, map, near] = ['status', 'results', 'map', 'near'].map(element) as [
  HTMLElement,
  HTMLElement,
  HTMLElement,
  HTMLElement,
];
const [drop, input] = [element('drop'), element<HTMLInputElement>('files')];

const encoder = loadEncoder();
encoder.then(
  () => tell('Ready.'),
  (error: Error) => tell(`The encoder could not be loaded: ${error.message}`),
);

function tell(text: string): void {
  status.textContent = text;
}

/** One after another: the page stays alive between them. */
async function add(files: readonly File[]): Promise<void> {
  const ready = await encoder;
  const bad: string[] = [];
  for (const [i, file] of files.entries()) {
    tell(`Looking at ${i + 1} of ${files.length}: ${file.name}`);
    try {
      pictures.push(await picture(ready, file));
    } catch {
      bad.push(file.name);
    }
    // Every picture changes the whole map, so that many at once would be slow.
    if (i % 8 === 0 && pictures.length > 0) show();
    await new Promise((done) => setTimeout(done));
  }
  if (pictures.length > 0) show();
  const left = bad.length > 0 ? ` No picture in ${bad.join(', ')}.` : '';
  tell(`${pictures.length} ${pictures.length === 1 ? 'picture' : 'pictures'}.${left}`);
}

async function picture(encoder: Encoder, file: File): Promise<Picture> {
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: 'none' });
  const scale = Math.min(1, 240 / Math.min(bitmap.width, bitmap.height));
  const small = new OffscreenCanvas(Math.ceil(bitmap.width * scale), Math.ceil(bitmap.height * scale));
  const paint = small.getContext('2d') as OffscreenCanvasRenderingContext2D;
  paint.imageSmoothingQuality = 'high';
  paint.drawImage(bitmap, 0, 0, small.width, small.height);
  const url = URL.createObjectURL(await small.convertToBlob());
  const vector = await encoder.embed(bitmap);
  bitmap.close();
  return { name: file.name, url, vector };
}

/** A picture as a button that chooses it. */
function button(index: number, label: string): HTMLButtonElement {
  const { name, url } = pictures[index] as Picture;
  const made = document.createElement('button');
  made.type = 'button';
  made.dataset.index = String(index);
  made.title = name;
  made.setAttribute('aria-pressed', String(index === chosen));
  const image = document.createElement('img');
  image.src = url;
  image.alt = name;
  made.append(image);
  if (label) {
    const text = document.createElement('span');
    text.textContent = label;
    made.append(text);
  }
  made.addEventListener('click', () => {
    chosen = index;
    show();
    document.querySelector<HTMLElement>('#near button')?.focus({ preventScroll: true });
  });
  return made;
}

function show(): void {
  results.hidden = pictures.length === 0;
  drop.classList.toggle('small', pictures.length > 0);
  const vectors = pictures.map(({ vector }) => vector);
  const found = neighbours(vectors, chosen);
  near.replaceChildren(
    button(chosen, (pictures[chosen] as Picture).name),
    ...found.slice(0, 8).map(({ index, similarity }) => button(index, similarity.toFixed(2))),
  );
  const places = plane(vectors);
  map.replaceChildren(
    ...places.map(({ x, y }, i) => {
      const made = button(i, '');
      made.style.setProperty('--x', String(x));
      made.style.setProperty('--y', String(y));
      return made;
    }),
  );
}

drop.addEventListener('dragover', (event) => {
  event.preventDefault();
  drop.classList.add('over');
});
drop.addEventListener('dragleave', () => drop.classList.remove('over'));
drop.addEventListener('drop', (event) => {
  event.preventDefault();
  drop.classList.remove('over');
  void add([...(event.dataTransfer?.files ?? [])]);
});
input.addEventListener('change', () => {
  void add([...(input.files ?? [])]);
  input.value = '';
});

/** For whoever wants the numbers, from the console too. */
Object.assign(globalThis, {
  search: {
    pictures,
    neighbours: (to: number) =>
      neighbours(
        pictures.map(({ vector }) => vector),
        to,
      ),
  },
});
