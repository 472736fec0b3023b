// Runs in the page of `tandem ui`, after `runs`: what a run saw and found, epoch by epoch.

import type { EpochShown, RunSummary, ShownPicture, Snapshot } from './data.js';

const part = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const chosen = part<HTMLSelectElement>('epoch-run');
const slider = part<HTMLInputElement>('epoch');
const number = part('epoch-number');
const button = part<HTMLButtonElement>('look');
const told = part('epoch-status');
const shown = part('epoch-shown');

/** Those that have an encoder. */
let runs: readonly RunSummary[] = [];
/** Of the question at hand: answers to earlier ones come too late. */
let asked = 0;

const run = () => runs.find(({ id }) => id === chosen.value);
const epoch = () => run()?.encoders?.[Number(slider.value)];

function follow(all: readonly RunSummary[]): void {
  runs = all.filter(({ encoders = [] }) => encoders.length > 0);
  const ids = runs.map(({ id }) => id);
  if (ids.join('\n') !== Array.from(chosen.options, ({ value }) => value).join('\n')) {
    const before = chosen.value;
    chosen.replaceChildren(...runs.map(({ id, name }) => new Option(name, id)));
    if (ids.includes(before)) chosen.value = before;
  }
  part('epoch-choices').hidden = runs.length === 0;
  part('epoch-none').hidden = runs.length > 0;
  stay();
}

/** More epochs come; the one that is looked at stays, unless it was the last. */
function stay(): void {
  const count = run()?.encoders?.length ?? 1;
  const wasLast = slider.value === slider.max;
  slider.max = `${count - 1}`;
  if (wasLast) slider.value = slider.max;
  name();
}

function name(): void {
  const at = epoch();
  const text = at === undefined ? '' : `${at} of ${run()?.epochs ?? '?'}`;
  number.textContent = text;
  slider.setAttribute('aria-valuetext', `epoch ${text}`);
}

async function look(): Promise<void> {
  const [own, at] = [run(), epoch()];
  if (!own || at === undefined) return;
  const mine = ++asked;
  told.textContent = `Looking at epoch ${at} of ${own.name} ...`;
  try {
    const words = new URLSearchParams({ run: own.id, epoch: `${at}` });
    const answer: EpochShown | { readonly error: string } = await (await fetch(`epoch?${words}`)).json();
    if (mine !== asked) return;
    if ('error' in answer) throw new Error(answer.error);
    shown.replaceChildren(...pictures(answer, at));
    told.textContent = summary(answer, own.name, at);
  } catch (error) {
    if (mine !== asked) return;
    shown.replaceChildren();
    told.textContent = error instanceof TypeError ? 'The server does not answer.' : (error as Error).message;
  }
}

/** `Epoch 4 of one: 38 of 50 neighbours are of the same class.` */
function summary({ queries, among }: EpochShown, name: string, at: number): string {
  const all = queries.flatMap(({ neighbours }) => neighbours.filter(({ right }) => right !== undefined));
  const right = all.filter((one) => one.right).length;
  const judged = all.length > 0 ? `${right} of ${all.length} neighbours are of the same class` : 'neighbours';
  return `Epoch ${at} of ${name}: ${judged}, among ${among.toLocaleString('en')} images.`;
}

function pictures({ queries, views }: EpochShown, at: number): Node[] {
  const sheet = Object.assign(new Image(views.width, views.height), { src: views.uri, className: 'views' });
  sheet.alt = `${views.images} images, a row each, beside their views in epoch ${at}`;
  const list = boxOf('queries', ...queries.map(row));
  return [title('Views'), boxOf('card', sheet), title('Neighbours'), list];
}

function row({ neighbours, ...query }: EpochShown['queries'][number]): HTMLElement {
  const found = neighbours.map(({ similarity, right, ...picture }) => {
    const kind = right === undefined ? '' : right ? 'right' : 'wrong';
    return figure(picture, kind, `${kind && `${kind}, `}${similarity.toFixed(2)} ${picture.caption}`);
  });
  return boxOf('card query', figure(query, 'asked', query.caption), ...found);
}

function figure({ uri, caption }: ShownPicture, kind: string, text: string): HTMLElement {
  const all = document.createElement('figure');
  all.className = kind;
  const image = Object.assign(new Image(), { src: uri, alt: kind === 'asked' ? `asked: ${caption}` : caption });
  const under = document.createElement('figcaption');
  under.textContent = text;
  all.append(image, under);
  return all;
}

function boxOf(className: string, ...inside: readonly Node[]): HTMLElement {
  const box = Object.assign(document.createElement('div'), { className });
  box.append(...inside);
  return box;
}

function title(text: string): HTMLElement {
  return Object.assign(document.createElement('h3'), { textContent: text });
}

chosen.addEventListener('change', () => {
  slider.value = slider.max = '0';
  stay();
  if (asked > 0) void look();
});
slider.addEventListener('input', name);
// Once somebody looked, moving on is asking.
slider.addEventListener('change', () => asked > 0 && void look());
button.addEventListener('click', () => void look());
document.addEventListener('runs', (event) => follow((event as CustomEvent<Snapshot>).detail.runs));
