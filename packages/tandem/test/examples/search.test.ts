import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { extname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import { manualSeed, scope } from 'tandem-torch';
import { features } from '../../src/evaluate/index.js';
import { streamImages } from '../../src/images/index.js';
import { stream } from '../../src/random.js';
import { evaluationView } from '../../src/views/index.js';
import { loadEncoder, saveEncoder } from '../../src/weights/index.js';
import { tandem, temporary } from '../cli/running.js';
import { card, cosines, floats, least, seasoned } from '../export/exporting.js';

const examples = fileURLToPath(new URL('../../../../../examples', import.meta.url));
const places = ['chromium', 'chromium-browser', 'google-chrome'].map((name) => `/usr/bin/${name}`);
const executablePath = places.find((path) => existsSync(path));
const noBrowser = { skip: executablePath === undefined && 'no Chromium is installed: apt-get install chromium' };
/** Pictures of the page are kept in this folder where it is given, to be looked at. */
const keptIn = process.env.TANDEM_SCREENSHOTS;

const root = temporary({ after });
const pictures = join(root, 'pictures');
const encoder = join(root, 'encoder', 'model.safetensors');
const page = join(root, 'page');
/** Three sorts of pictures, four of each, none of them square. */
const sorts = { red: [200, 60, 50], green: [60, 180, 70], blue: [50, 80, 200] } as const;
let names: string[];
let own: Float32Array;
let server: Server;
let browser: Browser | undefined;

before(async (t) => {
  mkdirSync(pictures);
  for (const [name, colour] of Object.entries(sorts)) {
    for (let i = 0; i < 4; i++) await photograph(join(pictures, `${name}-${i}.png`), colour, i);
  }
  const architecture = { backbone: 'resnet10', width: 16, stem: 'strided', channels: 3 } as const;
  const file = join(root, 'own.safetensors');
  manualSeed(0);
  saveEncoder(file, seasoned(architecture), card(architecture, 48));
  const made = await tandem(t as never, 'export', file, '--out', join(root, 'encoder'));
  assert.equal(made.code, 0, made.stderr);
  const loaded = loadEncoder(encoder);
  const parts = await streamImages(pictures, { size: 48 });
  for await (const { set } of parts.chunks()) {
    names = [...set.files];
    own = scope(() => floats(features(loaded.encoder, set, { view: evaluationView(loaded.card), device: 'cpu' })));
  }
  const built = spawnSync(process.execPath, [
    join(examples, 'search-browser/build.mjs'),
    join(root, 'encoder'),
    page,
    '--float32',
  ]);
  assert.equal(built.status, 0, String(built.stderr));
  server = createServer((request, response) => {
    const file = join(page, request.url === '/' ? 'index.html' : (request.url as string));
    const types: Record<string, string> = {
      '.html': 'text/html',
      '.css': 'text/css',
      '.js': 'text/javascript',
      '.mjs': 'text/javascript',
      '.wasm': 'application/wasm',
      '.json': 'application/json',
    };
    if (!existsSync(file)) response.writeHead(404).end();
    else
      response
        .writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' })
        .end(readFileSync(file));
  });
  await new Promise<void>((ready) => void server.listen(0, '127.0.0.1', ready));
  if (noBrowser.skip) return;
  // Chromium's sandbox refuses root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  browser = await chromium.launch({ ...(executablePath && { executablePath }), args });
});
after(async () => {
  await browser?.close();
  server?.close();
});

/** Blurred patches of one colour, in one of four shapes. */
async function photograph(file: string, colour: readonly number[], i: number): Promise<void> {
  const [width, height] = [
    [160, 120],
    [90, 140],
    [200, 110],
    [120, 121],
  ][i] as [number, number];
  const random = stream(i, width);
  const [across, down] = [8, 6];
  const data = Uint8Array.from({ length: across * down * 3 }, (_, at) =>
    Math.min(255, Math.max(0, (colour[at % 3] as number) + random.below(60) - 30)),
  );
  await sharp(data, { raw: { width: across, height: down, channels: 3 } })
    .resize(width, height, { fit: 'fill' })
    .png()
    .toFile(file);
}

const sortOf = (name: string) => name.replace(/-\d.*/, '');

test('the search from the command line finds pictures of the same sort', () => {
  const search = (...argv: string[]) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(examples, 'search-node/dist/search.js'), ...argv],
      { encoding: 'utf8', env: { ...process.env, TANDEM_THREADS: '1' } },
    );
    return { status, stdout, stderr };
  };
  const index = join(root, 'index.json');
  const made = search('index', encoder, pictures, index);
  assert.equal(made.status, 0, made.stderr);
  assert.match(made.stdout, /^12 pictures in /);
  const found = search('find', encoder, index, join(pictures, 'green-2.png'), '4');
  assert.equal(found.status, 0, found.stderr);
  const lines = found.stdout.trim().split('\n');
  assert.match(lines[0] as string, /^1\.0000 {2}.*green-2\.png$/);
  assert.deepEqual(
    lines.map((line) => sortOf(line.split('/').at(-1) as string)),
    Array(4).fill('green'),
  );
  assert.equal(search().status, 2);
  assert.match(search('find', encoder, index, index).stderr, /no/);
});

interface Search {
  readonly pictures: readonly { readonly name: string; readonly vector: Record<string, number> }[];
}

/** Opens the page, and hands it the pictures as a person would. */
async function opened(how: Parameters<Browser['newPage']>[0]): Promise<{ view: Page; faults: string[] }> {
  const { port } = server.address() as { port: number };
  const base = `http://127.0.0.1:${port}/`;
  const faults: string[] = [];
  const view = await (browser as Browser).newPage(how);
  view.on('console', (message) => faults.push(`console: ${message.text()}`));
  view.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  view.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(base))
      faults.push(`request: ${request.url()}`);
  });
  view.on('response', (response) => {
    if (response.status() >= 400) faults.push(`${response.status()}: ${response.url()}`);
  });
  await view.goto(base);
  await view.waitForFunction('document.getElementById("status").textContent === "Ready."');
  return { view, faults };
}

const done = (count: number) => `document.getElementById("status").textContent.startsWith("${count} pictures.")`;

test(
  'pictures dropped on the page are embedded there as we embed them, and their neighbours are right',
  noBrowser,
  async () => {
    const { view, faults } = await opened({ viewport: { width: 1200, height: 900 } });
    const files = names.map((name) => ({ name, bytes: readFileSync(join(pictures, name)).toString('base64') }));
    await view.evaluate(`{
    const carried = new DataTransfer();
    for (const { name, bytes } of ${JSON.stringify([...files, { name: 'notes.txt', bytes: '' }])})
      carried.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name));
    document.getElementById('drop').dispatchEvent(new DragEvent('drop', { dataTransfer: carried, bubbles: true, cancelable: true }));
  }`);
    await view.waitForFunction(done(12));
    assert.match((await view.textContent('#status')) ?? '', /No picture in notes\.txt\.$/);
    const made = (await view.evaluate(
      '({ pictures: search.pictures.map(({ name, vector }) => ({ name, vector: [...vector] })) })',
    )) as Search;
    assert.deepEqual(
      made.pictures.map(({ name }) => name),
      names,
    );
    const width = own.length / names.length;
    const theirs = Float32Array.from(made.pictures.flatMap(({ vector }) => Object.values(vector)));
    const found = cosines(own, theirs, width);
    assert.ok(least(found) > 0.9999, `features in the browser: ${least(found)}`);
    for (const i of [0, 5, 11]) {
      // another may lie over it
      await view.dispatchEvent(`#map button[data-index="${i}"]`, 'click');
      const shown = await view.$$eval('#near img', (all) => all.map((one) => (one as unknown as { alt: string }).alt));
      assert.equal(shown[0], names[i]);
      assert.deepEqual(shown.slice(1, 4).map(sortOf), Array(3).fill(sortOf(names[i] as string)));
      assert.equal(shown.length, 9);
    }
    // On the map, pictures of a sort lie closer to each other than to others.
    const centres = (await view.$$eval('#map button', (all) =>
      all.map((one) => {
        const { x, y } = (
          one as unknown as { getBoundingClientRect(): { x: number; y: number } }
        ).getBoundingClientRect();
        return [x, y];
      }),
    )) as [number, number][];
    const apart = (a: number, b: number) =>
      Math.hypot(...[0, 1].map((c) => (centres[a]?.[c as 0] as number) - (centres[b]?.[c as 0] as number)));
    const pairs = names.flatMap((_, a) => names.map((_, b) => [a, b] as const).filter(([a, b]) => a < b));
    const average = (same: boolean) => {
      const some = pairs.filter(([a, b]) => (sortOf(names[a] as string) === sortOf(names[b] as string)) === same);
      return some.reduce((sum, [a, b]) => sum + apart(a, b), 0) / some.length;
    };
    assert.ok(average(true) < 0.6 * average(false), `${average(true)} ${average(false)}`);
    if (keptIn) await view.screenshot({ path: join(keptIn, 'search-wide.png'), fullPage: true });
    assert.deepEqual(faults, []);
    await view.close();
  },
);

test('on a phone, in the dark, with chosen files', noBrowser, async () => {
  const { view, faults } = await opened({ viewport: { width: 360, height: 740 }, colorScheme: 'dark' });
  await view.setInputFiles(
    '#files',
    names.map((name) => join(pictures, name)),
  );
  await view.waitForFunction(done(12));
  assert.equal(await view.evaluate('document.documentElement.scrollWidth > innerWidth'), false);
  const [red = 255] =
    ((await view.evaluate('getComputedStyle(document.body).backgroundColor')) as string).match(/\d+/g)?.map(Number) ??
    [];
  assert.ok(red < 60);
  assert.equal(await view.locator('img:not([alt])').count(), 0);
  if (keptIn) await view.screenshot({ path: join(keptIn, 'search-phone.png'), fullPage: true });
  assert.deepEqual(faults, []);
  await view.close();
});
