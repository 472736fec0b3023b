// Requests in a process of their own, by this checkout or another:
// `node process.js '{"checkout": ..., "file": ..., "size": 224, "requests": 20}'`; prints what they
// took.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type * as Here from 'tandem-vision';

export interface Work {
  /** The folder of a checkout, built. */
  readonly checkout: string;
  /** Of weights. */
  readonly file: string;
  /** Side of the images in pixels. */
  readonly size: number;
  readonly requests: number;
}

export interface Requests {
  /** Of single images, one after another. */
  readonly seconds: readonly number[];
  /** Images a second: of single requests at the same time, and of lists; not of older checkouts. */
  readonly rates?: { readonly stream: number; readonly list: number };
}

/** Clients of a stream, and images that each side of a comparison has. */
const [clients, images] = [64, 256] as const;
const rounds = 3;

export async function inFreshProcess(work: Work): Promise<Requests> {
  const script = fileURLToPath(import.meta.url);
  return JSON.parse((await promisify(execFile)(process.execPath, [script, JSON.stringify(work)])).stdout) as Requests;
}

/** What checkouts had before `load`. */
interface Older {
  loadEncoder(file: string): { readonly encoder: Network; readonly card: Readonly<Record<'mean' | 'std', number[]>> };
  foldBatchNorms(network: Network): Network | undefined;
  features(network: Network, set: object, options: object): { data(): Float32Array; dispose(): void };
}
interface Network {
  eval(): Network;
}

async function measure({ checkout, file, size, requests }: Work): Promise<Requests> {
  const at = pathToFileURL(join(checkout, 'packages/tandem/dist/src/index.js')).href;
  const tandem = (await import(at)) as typeof Here | Older;
  const pictures = Array.from({ length: images }, (_, n) => picture(size, n));
  if (!('load' in tandem)) return { seconds: await older(tandem, file, size, requests) };
  using model = await tandem.load(file);
  const seconds = await inTurn(requests, (i) => model.embed(pixels(pictures[i % images] as Uint8Array, size)));
  const all = pictures.map((one) => pixels(one, size));
  let [stream, list] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    list = Math.max(list, images / (await took(() => model.embed(all))));
    stream = Math.max(
      stream,
      images / (await took(() => streamed((i) => model.embed(all[i] as (typeof all)[number])))),
    );
  }
  return { seconds, rates: { stream, list } };
}

/** Each client asks again as soon as it is answered. */
async function streamed(ask: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const client = async () => {
    while (next < images) await ask(next++);
  };
  await Promise.all(Array.from({ length: clients }, client));
}

async function older(tandem: Older, file: string, size: number, requests: number): Promise<number[]> {
  const { encoder, card } = tandem.loadEncoder(file);
  const network = tandem.foldBatchNorms(encoder) ?? encoder.eval();
  const view = { size, mean: card.mean, std: card.std };
  return inTurn(requests, async (i) => {
    const shape = { channels: 3, height: size, width: size };
    const set = { name: 'one', count: 1, ...shape, pixels: picture(size, i) };
    const row = tandem.features(network, set, { view, device: 'cpu' });
    row.data();
    row.dispose();
  });
}

const pixels = (data: Uint8Array, size: number) => ({ data, width: size, height: size, channels: 3 });

function picture(size: number, n: number): Uint8Array {
  return Uint8Array.from({ length: size * size * 3 }, (_, i) => (Math.imul(i + 1, 2654435761 + 97 * n) >>> 13) & 255);
}

async function inTurn(count: number, work: (i: number) => Promise<unknown>): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < count + 3; i++) all.push(await took(() => work(i)));
  return all.slice(3); // the first ones prepare kernels
}

async function took(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] as string) as Work)));
}
