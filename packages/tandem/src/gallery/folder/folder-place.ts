import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../errors.js';
import { Journal } from '../../evaluate/embed/journal.js';
import { readJsonObject } from '../../files/json.js';
import { lockFolder } from '../../files/lock-folder.js';
import { makeFolder } from '../../files/make-folder.js';
import { isOfTheDisk, systemMessage } from '../../files/system-error.js';
import { writeWhole } from '../../files/write-whole.js';
import { digestOf } from '../../images/set/digest.js';
import { bestOf, type Collection, type EncoderFacts, type Match, type Place, type VectorQuery } from '../place.js';
import { best } from './best.js';
import { Graph, worthAGraph } from './graph.js';
import { recallOf } from './recall.js';
import { type IndexEntry, type LiveRow, Rows } from './rows.js';

/** What the rows of a collection are. */
interface About {
  /** Of the layout of the folder. */
  readonly format: 1;
  /** SHA-256 of the encoder's file. */
  readonly encoder: string;
  readonly images: string;
  readonly width: number;
}

/** Where the encoder was when it was used last; all else that is known stands in `about.json`. */
const whereabouts = 'encoder.json';

/** Vectors in a folder, without a server: a folder in it for each encoder and set of images. */
export function folderPlace(path: string, onProgress: (done: number, total: number) => void = () => {}): Place {
  const opened = new Map<string, Promise<Opened | undefined>>();
  const open = (folder: string) => {
    const known = opened.get(folder) ?? openFolder(folder);
    opened.set(folder, known);
    return known;
  };
  const of = ({ sha256 }: EncoderFacts) =>
    collectionsIn(path)
      .filter(({ encoder }) => encoder.sha256 === sha256)
      .map(({ folder }) => folder);
  return {
    collection: async (encoder, images) => openCollection(path, encoder, images, onProgress),
    encoders: async () => {
      const facts = collectionsIn(path).map(({ encoder }) => [encoder.sha256, encoder] as const);
      return [...new Map(facts).values()];
    },
    async classes(encoder) {
      const all = await Promise.all(of(encoder).map(open));
      const named = all.flatMap((one) => one?.rows.live.flatMap(({ class: own }) => own ?? []) ?? []);
      return [...new Set(named)].sort();
    },
    async search(encoder, query) {
      const found = await Promise.all(of(encoder).map(async (folder) => searchIn(await open(folder), query)));
      return {
        matches: bestOf(
          found.flatMap(({ matches }) => matches),
          query.k,
        ),
        among: found.reduce((sum, { among }) => sum + among, 0),
      };
    },
    async close() {
      for (const one of opened.values()) (await one)?.rows.close();
      opened.clear();
    },
  };
}

interface Opened {
  readonly rows: Rows;
  readonly graph: Graph | undefined;
}

async function openFolder(folder: string): Promise<Opened | undefined> {
  const rows = Rows.open(folder);
  return rows && { rows, graph: await Graph.view(folder, rows.width) };
}

function collectionsIn(path: string): { folder: string; encoder: EncoderFacts }[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const folder = join(path, entry.name);
    if (!entry.isDirectory() || !existsSync(join(folder, whereabouts))) return [];
    const { encoder, width, format } = readJsonObject(join(folder, 'about.json'));
    const { path: at } = readJsonObject(join(folder, whereabouts));
    if (format !== 1 || typeof encoder !== 'string' || typeof width !== 'number' || typeof at !== 'string') {
      throw new UserError(`${folder} is no part of an index of this version; remove it, and index anew`);
    }
    return [{ folder, encoder: { sha256: encoder, path: at, width } }];
  });
}

function openCollection(
  path: string,
  { sha256, path: at, width }: EncoderFacts,
  images: string,
  onProgress: (done: number, total: number) => void,
): Collection {
  const folder = join(path, `${sha256.slice(0, 12)}-${digestOf([images]).slice(0, 8)}`);
  makeFolder(folder);
  const lock = lockFolder(folder, 'written');
  try {
    const about: About = { format: 1, encoder: sha256, images, width };
    const journal = new Journal<About, IndexEntry>(folder, about);
    writeWhole(join(folder, whereabouts), JSON.stringify({ path: at }));
    const add = (entries: readonly IndexEntry[], vectors: Float32Array) => {
      try {
        journal.add(entries, vectors);
      } catch (error) {
        if (!isOfTheDisk(error)) throw error;
        throw new UserError(`${systemMessage(error)}; what is indexed stays, and the same command goes on from there`);
      }
    };
    return {
      states: async () => statesOf(journal.entries),
      put: async (some, vectors) => {
        const entries = some.map(({ file, class: own, state }) => ({
          file,
          ...(own !== undefined && { class: own }),
          state,
        }));
        add(entries, vectors);
      },
      remove: async (files) =>
        add(
          files.map((file) => ({ file, skipped: 'removed' })),
          new Float32Array(0),
        ),
      finish: () => finish(folder, onProgress),
      close: async () => lock.release(),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Of each name the last entry counts. */
function statesOf(entries: readonly IndexEntry[]): Map<string, string> {
  const states = new Map<string, string>();
  for (const { file, state = '', skipped } of entries) {
    if (skipped === undefined) states.set(file, state);
    else states.delete(file);
  }
  return states;
}

/** Large collections get a graph, where USearch is installed, and its recall is measured. */
async function finish(folder: string, onProgress: (done: number, total: number) => void): Promise<string | undefined> {
  const rows = Rows.open(folder);
  if (!rows) return undefined;
  try {
    const total = rows.at.length;
    if (total < worthAGraph) return undefined;
    const graph = await Graph.update(rows, (done) => onProgress(done, total));
    if (!graph) return 'search compares all vectors; npm install usearch makes it approximate, and quicker';
    const quick = (vector: Float32Array, k: number) =>
      searchIn({ rows, graph }, { vector, k }).matches.map(({ file }) => file);
    const recall = graph.recall(() => recallOf(rows, quick));
    return `approximate search: ${(100 * recall).toFixed(1)} % of the 10 nearest are found`;
  } finally {
    rows.close();
  }
}

function searchIn(opened: Opened | undefined, query: VectorQuery): { matches: Match[]; among: number } {
  if (!opened) return { matches: [], among: 0 };
  const { rows } = opened;
  const { compared, among } = choose(opened, query);
  const similarities = rows.similarities(
    query.vector,
    compared.map(({ row }) => row),
  );
  const matches = best(similarities, query.k).map((i) => {
    const { file, class: own } = compared[i] as LiveRow;
    const similarity = Math.max(-1, Math.min(1, similarities[i] as number));
    return { images: rows.images, file, ...(own !== undefined && { class: own }), similarity };
  });
  return { matches, among };
}

/** The images whose vectors are compared, in the order of these, and among how many they stand. */
function choose({ rows, graph }: Opened, query: VectorQuery): { compared: readonly LiveRow[]; among: number } {
  const { vector, k, class: own, path, exact } = query;
  if (own !== undefined || path !== undefined) {
    // A filter leaves few: these are compared in full, so that none is missed.
    const fits = (one: LiveRow) =>
      (own === undefined || one.class === own) && (path === undefined || one.file.includes(path));
    const compared = rows.live.filter(fits);
    return { compared, among: compared.length };
  }
  const among = rows.live.length;
  if (!graph || exact) return { compared: rows.live, among };
  const known = graph
    .candidates(vector, k)
    .sort((a, b) => a - b)
    .map((row) => rows.at[row]);
  const compared = [...known, ...rows.at.slice(graph.rows)].filter((one) => one !== undefined);
  return { compared, among };
}
