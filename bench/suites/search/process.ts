// One half of the work in a process of its own, so that its memory is its own:
// `node process.js '{"place": ..., "encoder": ..., "from": 0, "to": 200000}'` indexes rows, without
// `to` it searches; prints what it took.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type EncoderFacts, openPlace, type Place } from 'tandem-vision/internal';
import { peakMiB } from '../../harness/memory.js';
import { nearestOf } from './exact.js';
import { asked, makeVectors, type Vectors } from './vectors.js';

export interface Work {
  /** The index. */
  readonly place: string;
  readonly encoder: EncoderFacts;
  /** Real vectors. */
  readonly file?: string | undefined;
  /** Rows that are added. */
  readonly from?: number;
  readonly to?: number;
}

export interface IndexedPart {
  /** Writing vectors, and the graph. */
  readonly seconds: { readonly write: number; readonly graph: number };
  readonly peakMiB: number;
  readonly note: string | undefined;
}

export interface Searched {
  readonly among: number;
  /** From the start until the first answer. */
  readonly openSeconds: number;
  /** Of each query. */
  readonly milliseconds: readonly number[];
  /** Before the exact ones. */
  readonly peakMiB: number;
  /** Of the ten nearest. */
  readonly recall: number;
  /** Of each exact query. */
  readonly exactMilliseconds: readonly number[];
}

/** Has a fresh process do it. */
export async function inFreshProcess<T extends IndexedPart | Searched>(work: Work): Promise<T> {
  const script = fileURLToPath(import.meta.url);
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(work)]);
  return JSON.parse(stdout) as T;
}

/** Rows of a block, queries whose nearest are known, and those that the index compares with all. */
const [atATime, known, exactly] = [1000, 200, 5] as const;

const nameOf = (row: number) => `class-${row % 10}/${String(row).padStart(7, '0')}.jpg`;

async function index({ place: path, encoder, from = 0, to = 0 }: Work, vectors: Vectors): Promise<IndexedPart> {
  const place = await openPlace(path, { mustExist: false });
  const collection = await place.collection(encoder, 'made-up');
  const begun = performance.now();
  for (let first = from; first < to; first += atATime) {
    const n = Math.min(atATime, to - first);
    const images = Array.from({ length: n }, (_, i) => {
      const file = nameOf(first + i);
      return { file, class: file.split('/')[0], state: '1764576000000 12345' };
    });
    await collection.put(images, vectors.rows(first / atATime, first, n));
  }
  const written = performance.now();
  const note = await collection.finish();
  const seconds = { write: (written - begun) / 1000, graph: (performance.now() - written) / 1000 };
  await collection.close();
  return { seconds, peakMiB: peakMiB(), note };
}

async function search({ place: path, encoder }: Work, vectors: Vectors): Promise<Searched> {
  const { width, queries } = vectors;
  const begun = performance.now();
  const place = await openPlace(path, { mustExist: true });
  const { among } = await ask(place, 0, false);
  const openSeconds = (performance.now() - begun) / 1000;
  const quick = await inTurn(asked, (i) => ask(place, i, false));
  const memory = peakMiB();
  const exact = await inTurn(exactly, (i) => ask(place, i, true));
  const nearest = nearestOf(vectors, among, atATime, known, 10);
  const right = nearest.map((rows, i) => {
    const names = new Set(rows.map(nameOf));
    return (quick.answers[i]?.matches ?? []).filter(({ file }) => names.has(file)).length / names.size;
  });
  await place.close();
  return {
    ...{ among, openSeconds, milliseconds: quick.milliseconds, peakMiB: memory },
    recall: right.reduce((sum, one) => sum + one, 0) / right.length,
    exactMilliseconds: exact.milliseconds,
  };

  function ask(at: Place, i: number, isExact: boolean) {
    return at.search(encoder, { vector: queries.slice(i * width, (i + 1) * width), k: 10, exact: isExact });
  }
}

async function inTurn<T>(n: number, work: (i: number) => Promise<T>) {
  const [answers, milliseconds]: [T[], number[]] = [[], []];
  for (let i = 0; i < n; i++) {
    const begun = performance.now();
    answers.push(await work(i));
    milliseconds.push(performance.now() - begun);
  }
  return { answers, milliseconds };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const work = JSON.parse(process.argv[2] as string) as Work;
  const vectors = makeVectors(work.file, work.encoder.width);
  console.log(JSON.stringify(await (work.to === undefined ? search : index)(work, vectors)));
}
