// Runs in the page of `tandem serve`: sends a picture to its own server, and shows what is alike.

interface Match {
  readonly file: string;
  readonly class?: string;
  readonly similarity: number;
  readonly picture?: string;
}

const byId = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const form = byId<HTMLFormElement>('search');
const picker = byId<HTMLInputElement>('picture');
const asked = byId<HTMLImageElement>('asked');
const status = byId('status');
const found = byId('found');
const drop = document.querySelector('.drop') as HTMLElement;

let picture: Blob | undefined;
/** Of the question at hand: answers to earlier ones come too late. */
let at = 0;

function say(text: string, isWrong = false): void {
  status.textContent = text;
  status.classList.toggle('wrong-status', isWrong);
}

async function search(): Promise<void> {
  if (picture === undefined) return;
  const own = ++at;
  say('Searching ...');
  try {
    // A list of one: what cannot be read is then a result, and no failed request.
    const body = new FormData();
    body.append('images', picture);
    const answer = await fetch(`search?${words()}`, { method: 'POST', body });
    const { error, results: [told] = [{ error }] } = await answer.json();
    if (own !== at) return;
    if (told.error !== undefined) throw new Error(told.error);
    show(told.matches, told.among);
  } catch (error) {
    if (own !== at) return;
    found.replaceChildren();
    say(error instanceof TypeError ? 'The server does not answer.' : (error as Error).message, true);
  }
}

function words(): URLSearchParams {
  const given = new URLSearchParams({ pictures: 'true' });
  for (const name of ['class', 'path', 'k']) {
    const field = document.getElementById(name) as HTMLInputElement | HTMLSelectElement | null;
    if (field && field.value !== '') given.set(name, field.value);
  }
  return given;
}

function show(matches: readonly Match[], among: number): void {
  const count = among.toLocaleString('en');
  say(matches.length === 0 ? 'Nothing is indexed that fits.' : `The ${matches.length} nearest of ${count} images.`);
  found.replaceChildren(...matches.map(tile));
}

function tile({ file, class: own, similarity, picture: uri }: Match): HTMLElement {
  const figure = document.createElement('figure');
  figure.className = 'card tile';
  const caption = document.createElement('figcaption');
  const note = document.createElement('small');
  note.textContent = `${own === undefined ? '' : `${own}, `}${(100 * similarity).toFixed(1)} % alike`;
  caption.append(file, note);
  figure.append(uri === undefined ? missing() : image(uri, file), caption);
  return figure;
}

function image(uri: string, alt: string): HTMLImageElement {
  return Object.assign(document.createElement('img'), { src: uri, alt, width: 160, height: 160 });
}

function missing(): HTMLElement {
  return Object.assign(document.createElement('div'), { className: 'missing', textContent: 'no picture' });
}

function take(file: Blob | null | undefined): void {
  if (!file) return;
  picture = file;
  URL.revokeObjectURL(asked.src);
  asked.src = URL.createObjectURL(file);
  asked.alt = `asked for: ${file instanceof File ? file.name : 'a picture'}`;
  asked.hidden = false;
  void search();
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void search();
});
picker.addEventListener('change', () => take(picker.files?.[0]));
for (const name of ['class', 'k', 'path'])
  document.getElementById(name)?.addEventListener('change', () => void search());
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  drop.classList.add('over');
});
document.addEventListener('dragleave', () => drop.classList.remove('over'));
document.addEventListener('drop', (event) => {
  event.preventDefault();
  drop.classList.remove('over');
  take(event.dataTransfer?.files[0]);
});
document.addEventListener('paste', (event) => take(event.clipboardData?.files[0]));
