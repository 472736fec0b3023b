import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { scope } from 'tandem-torch';
import { makeViews, openImages, viewsPreset } from 'tandem-vision';
import { cropMargin } from 'tandem-vision/internal';
import { type Comparison, compare, takeTurns } from '../../harness/interleave.js';
import { digits } from '../../harness/print.js';
import type { Suite } from '../../harness/suite.js';
import { makePhotographs } from './decoding.js';

const size = 224;
const side = Math.ceil(size * cropMargin);
const batch = 64;
const shards = 8;
/** Before each answer, in milliseconds. */
const latency = 20;

const here = fileURLToPath(import.meta.url);

/** What comes of an image: its bytes at `side` pixels, or two training views at `size`. */
type Product = 'bytes' | 'views';

/** The same shards by https and from disk, and beside webdataset with torchvision's views. */
export const streams: Suite = {
  what: "images of shards by https at 20 ms and from disk, decoded and as training views, beside Python's webdataset",
  async run({ short, settings, say, startPeer }) {
    const root = mkdtempSync(join(tmpdir(), 'tandem-bench-'));
    const peer = await startPeer('shards');
    let server: ReturnType<typeof spawn> | undefined;
    try {
      say('making shards');
      const count = await makeShards(root, short ? 80 : 800);
      const certificate = await makeCertificate(root);
      server = spawn(process.execPath, [here, 'serve', root], { stdio: ['ignore', 'pipe', 'inherit'] });
      const port = await new Promise<string>((resolve) =>
        server?.stdout?.once('data', (text) => resolve(`${text}`.trim())),
      );
      const places = {
        disk: `${root}/{0..${shards - 1}}.tar`,
        https: `https://localhost:${port}/{0..${shards - 1}}.tar`,
      };
      const read = async (where: string, product: Product) => {
        const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificate };
        const { stdout } = await promisify(execFile)(process.execPath, [here, 'read', where, product], { env });
        return Number(stdout) / count;
      };
      const workers = cpus().length;
      const urls = Array.from({ length: shards }, (_, i) => join(root, `${i}.tar`));
      const theirs = (product: Product) =>
        peer?.ask<number>('epoch', { urls, side, size, views: product === 'views', batch, workers }) ?? Number.NaN;
      const measure = async (product: Product) => {
        say(`${product} by turns`);
        const ours = [() => read(places.https, product), () => read(places.disk, product)];
        const rounds = short ? 1 : settings.rounds;
        const blocks = [...ours, ...(peer ? [() => theirs(product)] : [])];
        const [https = [], disk = [], python = []] = await takeTurns(blocks, {
          least: rounds,
          most: rounds,
          seconds: 0,
        });
        return { ofDisk: compare(https, disk), ofPython: compare(disk, python) };
      };
      const found = { bytes: await measure('bytes'), views: await measure('views') };
      const rate = (seconds: number | undefined) => (seconds === undefined ? '-' : digits(1 / seconds));
      const ratio = ({ ratio }: Comparison) => (ratio ? digits(ratio.median) : '-');
      const row = (name: string, { ofDisk, ofPython }: (typeof found)['bytes']) => [
        name,
        rate(ofDisk.theirs?.median),
        rate(ofDisk.ours.median),
        ratio(ofDisk),
        rate(ofPython.theirs?.median),
        ratio(ofPython),
      ];
      const title = `Images a second, ${count} JPEG files of 500x375 in ${shards} shards, ${workers} cores`;
      const goal = (name: string, { ratio }: Comparison, atLeast: number) =>
        ratio ? [{ name, measured: ratio.median, atLeast }] : [];
      return {
        tables: [
          {
            title,
            head: [
              '',
              'from disk',
              `https, ${latency} ms`,
              'of disk',
              `webdataset, ${workers} workers`,
              'disk against it',
            ],
            rows: [row(`bytes, ${side}x${side}`, found.bytes), row(`two views, ${size}x${size}`, found.views)],
          },
        ],
        goals: [
          ...goal('https at 20 ms, of the rate from disk', found.bytes.ofDisk, 0.9),
          ...goal("two training views, of webdataset's rate", found.views.ofPython, 2),
        ],
        results: { count, side, size, batch, workers, latency, secondsPerImage: found },
      };
    } finally {
      server?.kill();
      await peer?.close();
      rmSync(root, { recursive: true, force: true });
    }
  },
};

/** Tars of photographs, each of them twice under two names. */
async function makeShards(root: string, count: number): Promise<number> {
  const folder = await makePhotographs(root, count / 2);
  const files = readdirSync(folder);
  const each = Math.floor(count / shards);
  for (let shard = 0; shard < shards; shard++) {
    const names = join(root, `names${shard}`);
    mkdirSync(names);
    for (let i = shard * each; i < (shard + 1) * each; i++) {
      writeFileSync(
        join(names, `${String(i).padStart(6, '0')}.jpg`),
        readFileSync(join(folder, files[i % files.length] as string)),
      );
    }
    await promisify(execFile)('tar', ['-cf', join(root, `${shard}.tar`), '-C', names, ...readdirSync(names).sort()]);
    rmSync(names, { recursive: true });
  }
  return shards * each;
}

async function makeCertificate(root: string): Promise<string> {
  const [key, certificate] = [join(root, 'key.pem'), join(root, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  await promisify(execFile)('openssl', [...made, ...subject, '-keyout', key, '-out', certificate]);
  return certificate;
}

/** A server of a folder that answers after the latency. Prints its port. */
function serve(root: string): void {
  const files = new Map(
    readdirSync(root)
      .filter((name) => name.endsWith('.tar'))
      .map((name) => [`/${name}`, readFileSync(join(root, name))]),
  );
  const server = createServer(
    { key: readFileSync(join(root, 'key.pem')), cert: readFileSync(join(root, 'cert.pem')) },
    async (request, response) => {
      await setTimeout(latency);
      const file = files.get(request.url ?? '');
      if (!file) return response.writeHead(404).end();
      response.writeHead(200, { etag: '"1"', 'content-length': file.length });
      return request.method === 'HEAD' ? response.end() : response.end(file);
    },
  );
  server.listen(0, 'localhost', () => console.log((server.address() as { port: number }).port));
}

/** Reads and decodes all images once, with nothing in the cache. Prints the seconds it took. */
async function read(where: string, product: Product): Promise<void> {
  const cache = mkdtempSync(join(tmpdir(), 'tandem-bench-cache-'));
  try {
    const data = await openImages(where, { size, margin: cropMargin, stream: 'on', cache, streamWindow: 4 });
    // What the sample fetched is fetched again.
    rmSync(join(cache, 'remote'), { recursive: true, force: true });
    const views = viewsPreset('large', { size, data: 'imagenet' });
    const pixels = { channels: 3, height: side, width: side };
    const batches = data.stream?.batches(batch, 0);
    const begun = performance.now();
    let images = 0;
    for await (const one of batches?.epoch(0) ?? []) {
      images += one.indices.length;
      if (product === 'views') scope(() => void makeViews(one, pixels, views, { seed: 0, draw: 0 }));
    }
    const seconds = ((performance.now() - begun) / 1000) * ((data.stream?.count ?? 0) / images);
    batches?.close?.();
    console.log(seconds);
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}

if (process.argv[1] === here) {
  const [, , work, place = '', product = 'bytes'] = process.argv;
  if (work === 'serve') serve(place);
  else await read(place, product as Product);
}
