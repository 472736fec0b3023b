import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import sharp from 'sharp';
import { UserError } from '../../src/errors.js';
import { type Gallery, openGallery } from '../../src/gallery/index.js';
import { type Served, serve } from '../../src/serve/index.js';
import { start, temporary } from '../cli/running.js';
import { material } from './serving.js';

const root = temporary({ after });
let run: string;
let images: string;
let index: string;
let gallery: Gallery;
let served: Served;
let jpeg: Buffer;

before(async () => {
  ({ run, images, index } = await material(root));
  gallery = await openGallery(index);
  served = await serve({ encoder: run, index, port: 0, mostBytes: 200_000, mostPixels: 250_000 });
  jpeg = await sharp(file('red/0001.png')).resize(90, 60).jpeg().toBuffer();
});
after(async () => {
  await served?.stop();
  await gallery?.close();
});

/** What answers hold, by path. */
interface Told {
  readonly error: string;
  readonly vector: readonly number[];
  readonly matches: readonly { readonly file: string; readonly picture: string }[];
  readonly results: readonly { readonly error: string; readonly vector: readonly number[] }[];
}

/** As much of the document as is looked at. */
interface Document {
  readonly paths: Readonly<Record<string, { readonly post: Operation }>>;
}

interface Operation {
  readonly parameters: readonly { readonly name: string; readonly schema: { readonly default: unknown } }[];
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly content: Readonly<
          Record<string, { readonly schema: { readonly anyOf: readonly { readonly required: unknown }[] } }>
        >;
      }
    >
  >;
}

const file = (name: string) => readFileSync(join(images, name));
const bytes = (buffer: Buffer) => new Uint8Array(buffer);

async function asked(path: string, init: RequestInit = {}, at = served.url) {
  const response = await fetch(`${at}${path}`, { method: 'POST', ...init });
  return { status: response.status, headers: response.headers, value: (await response.json()) as Told };
}

const json = (value: unknown): RequestInit => ({
  body: typeof value === 'string' ? value : JSON.stringify(value),
  headers: { 'content-type': 'application/json' },
});

function form(parts: readonly (readonly [name: string, content: Buffer | string])[]): RequestInit {
  const data = new FormData();
  for (const [name, content] of parts) {
    if (typeof content === 'string') data.append(name, content);
    else data.append(name, new Blob([bytes(content)]), 'x.png');
  }
  return { body: data };
}

describe('answers are those of the library, to the bit', () => {
  test('vectors, however a picture is sent', async () => {
    const wanted = Array.from(await gallery.model.embed(jpeg));
    const ways: readonly RequestInit[] = [
      { body: bytes(jpeg) },
      { body: bytes(jpeg), headers: { 'content-type': 'image/jpeg' } },
      { body: bytes(jpeg), headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      json({ image: jpeg.toString('base64') }),
      form([['image', jpeg]]),
    ];
    for (const way of ways) assert.deepEqual((await asked('/embed', way)).value, { vector: wanted });
    const { value } = await asked('/embed?normalize=true', ways[0]);
    assert.deepEqual(value.vector, Array.from(await gallery.model.embed(jpeg, { normalize: true })));
  });

  test('classes', async () => {
    const { value } = await asked('/classify?top=1', { body: bytes(jpeg) });
    assert.deepEqual(value, { classes: await gallery.model.classify(jpeg, { top: 1 }) });
    const both = await asked('/classify', { body: bytes(jpeg) });
    assert.deepEqual(both.value, { classes: await gallery.model.classify(jpeg) });
  });

  test('neighbours, also of a class and a path, and with pictures', async () => {
    for (const [words, query] of [
      ['k=5', { k: 5 }],
      ['k=4&class=blue&path=000', { k: 4, class: 'blue', path: '000' }],
    ] as const) {
      const { value } = await asked(`/search?${words}`, { body: bytes(jpeg) });
      const { among, matches } = await gallery.search(jpeg, query);
      assert.deepEqual(value, { among, matches: matches.map((one) => ({ ...one, images: 'pictures' })) });
    }
    const { value } = await asked('/search?k=1&pictures=true', { body: bytes(file('red/0003.png')) });
    assert.equal(value.matches[0]?.file, 'red/0003.png');
    const shown = Buffer.from(value.matches[0]?.picture.split(',')[1] ?? '', 'base64');
    assert.equal((await sharp(shown).metadata()).format, 'png');
  });

  test('a list gets a list, and what cannot be read leaves the others be', async () => {
    const two = [file('blue/0000.png'), jpeg];
    const wanted = (await gallery.model.embed(two)).map((row) => ({ vector: Array.from(row) }));
    const listed = await asked('/embed', json({ images: two.map((one) => one.toString('base64')) }));
    assert.deepEqual(listed.value, { results: wanted });
    const { status, value } = await asked(
      '/embed',
      form([
        ['images', two[0] as Buffer],
        ['images', Buffer.from('no picture')],
        ['images', jpeg],
      ]),
    );
    assert.equal(status, 200);
    assert.deepEqual([value.results[0], value.results[2]], wanted);
    assert.match(value.results[1]?.error ?? '', /^the picture cannot be read: not an image/);
  });

  test('many at once, malformed ones among them', async () => {
    const names = Array.from({ length: 12 }, (_, i) => [`blue/${String(i).padStart(4, '0')}.png`]).flat();
    const wanted = await gallery.model.embed(names.map(file));
    const rounds = Array.from({ length: 5 }, () => names.map((name) => asked('/embed', { body: bytes(file(name)) })));
    const broken = names.map((name) => asked('/embed', { body: bytes(file(name).subarray(0, 100)) }));
    const [good, bad] = await Promise.all([Promise.all(rounds.flat()), Promise.all(broken)]);
    for (const [i, { value }] of good.entries()) {
      assert.deepEqual(value.vector, Array.from(wanted[i % 12] as Float32Array));
    }
    assert.ok(bad.every(({ status }) => status === 422));
  });
});

const cut = () => jpeg.subarray(0, jpeg.length / 2);
const large = () =>
  sharp({ create: { width: 600, height: 600, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
for (const [what, path, init, status, message] of [
  [
    'an empty body',
    '/embed',
    async () => ({ body: new Uint8Array(0) }),
    400,
    /^there is no picture: the body is empty$/,
  ],
  ['text', '/embed', async () => ({ body: 'hello', headers: { 'content-type': 'text/plain' } }), 415, /text\/plain/],
  [
    'no picture',
    '/embed',
    async () => ({ body: bytes(Buffer.from('hello')) }),
    422,
    /^the picture cannot be read: not/,
  ],
  ['half a picture', '/classify', async () => ({ body: bytes(cut()) }), 422, /^the picture cannot be read: /],
  [
    'an SVG that reads files',
    '/embed',
    async () => ({ body: '<svg><image href="/etc/passwd"/></svg>', headers: { 'content-type': 'image/svg+xml' } }),
    422,
    /it is an SVG/,
  ],
  ['too many pixels', '/embed', async () => ({ body: bytes(await large()) }), 422, /600 x 600 pixels, at most 250,000/],
  ['too many bytes', '/embed', async () => ({ body: new Uint8Array(300_000) }), 413, /at most 200,000 bytes/],
  ['a stream without an end in sight', '/embed', async () => ({ body: endless(), duplex: 'half' }), 413, /too large/],
  ['no JSON', '/embed', async () => json('{'), 400, /the body is no JSON/],
  [
    'a path',
    '/embed',
    async () => json({ image: '/etc/passwd' }),
    400,
    /^the body is not as it should be: image: no base64/,
  ],
  ['a URL', '/embed', async () => json({ image: 'http://localhost/x.png' }), 400, /no base64/],
  ['other keys', '/embed', async () => json({ url: 'x' }), 400, /not as it should be/],
  ['no pictures', '/embed', async () => json({ images: [] }), 400, /not as it should be/],
  [
    'too many pictures',
    '/embed',
    async () => json({ images: Array(65).fill('aaaa') }),
    400,
    /not as it should be: images/,
  ],
  ['a form of text', '/embed', async () => form([['image', 'x']]), 400, /a form holds one file called image/],
  ['a form of strangers', '/embed', async () => form([['file', jpeg]]), 400, /a form holds one file called image/],
  [
    'half a form',
    '/embed',
    async () => ({ body: '--x\r\nContent-', headers: { 'content-type': 'multipart/form-data; boundary=x' } }),
    400,
    /the form cannot be read/,
  ],
  ['an unknown word', '/search?kk=3', async () => ({ body: bytes(jpeg) }), 400, /the words behind \?.*kk/],
  ['no number', '/search?k=many', async () => ({ body: bytes(jpeg) }), 400, /: k: /],
  ['another path', '/nothing', async () => ({ body: bytes(jpeg) }), 404, /^there is no POST \/nothing$/],
] as const) {
  test(`wrong: ${what}`, async () => {
    const { status: found, value } = await asked(path, (await init()) as RequestInit);
    assert.deepEqual(Object.keys(value), ['error']);
    assert.match(value.error, message);
    assert.equal(found, status);
    assert.equal((await fetch(`${served.url}/health`)).status, 200);
  });
}

function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) });
}

test('health, metrics and the document tell what there is', async () => {
  const health = await (await fetch(`${served.url}/health`)).json();
  assert.deepEqual(health, { status: 'ok', width: 16, size: 16, classes: ['blue', 'red'], indexed: true });
  const metrics = await (await fetch(`${served.url}/metrics`)).text();
  const samples = metrics
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('#'));
  for (const line of samples) assert.match(line, /^[a-z_]+(\{([a-z]+="[^"]*",?)+\})? [\d.e+-]+$/);
  assert.match(metrics, /^tandem_pictures_waiting 0$/m);
  assert.match(metrics, /^tandem_requests_total\{path="\/embed",status="200"\} \d+$/m);
  assert.doesNotMatch(metrics, /nothing/, 'what clients make up is no label');
  const { paths } = (await (await fetch(`${served.url}/openapi.json`)).json()) as Document;
  assert.deepEqual(Object.keys(paths), ['/embed', '/classify', '/search', '/health', '/metrics']);
  const { parameters, responses } = (paths['/search'] as { post: Operation }).post;
  assert.deepEqual(
    parameters.map(({ name }) => name),
    ['k', 'class', 'path', 'exact', 'pictures'],
  );
  assert.equal(parameters[0]?.schema.default, 20);
  const [one] = responses['200']?.content['application/json']?.schema.anyOf ?? [];
  assert.deepEqual(one?.required, ['among', 'matches']);
});

test('without index and classifier, their paths say what is missing', async (t) => {
  const alone = await serve({ encoder: join(root, 'e.safetensors'), port: 0 });
  t.after(() => alone.stop());
  assert.deepEqual([alone.paths, alone.hasPage], [['/embed'], false]);
  const search = await asked('/search', { body: bytes(jpeg) }, alone.url);
  assert.deepEqual([search.status, search.value.error], [404, 'there is no index here; begin the server with --index']);
  const classes = await asked('/classify', { body: bytes(jpeg) }, alone.url);
  assert.match(classes.value.error, /has no classifier; train one/);
  assert.equal((await fetch(`${alone.url}/`)).status, 404);
});

test('more than the queue holds is told to come again', async (t) => {
  const small = await serve({ encoder: run, port: 0, queue: 3 });
  t.after(() => small.stop());
  const answers = await Promise.all(
    Array.from({ length: 40 }, () => asked('/embed', { body: bytes(jpeg) }, small.url)),
  );
  const refused = answers.filter(({ status }) => status === 429);
  assert.ok(refused.length > 0 && refused.length < 40, `${refused.length}`);
  for (const { headers } of refused) assert.equal(headers.get('retry-after'), '1');
  assert.ok(answers.every(({ status }) => status === 200 || status === 429));
  assert.equal((await asked('/embed', { body: bytes(jpeg) }, small.url)).status, 200);
});

test('a token is asked for everywhere but for health, of bearers and of browsers', async (t) => {
  const guarded = await serve({ encoder: run, index, port: 0, token: 'secret', cors: ['https://example.org'] });
  t.after(() => guarded.stop());
  const get = (path: string, headers: Record<string, string> = {}) => fetch(`${guarded.url}${path}`, { headers });
  assert.equal((await get('/health')).status, 200);
  for (const path of ['/', '/metrics', '/openapi.json']) {
    const refused = await get(path);
    assert.equal(refused.status, 401);
    assert.match(refused.headers.get('www-authenticate') ?? '', /^Basic /);
  }
  for (const given of ['Bearer wrong', 'Bearer secret2', 'Basic c2VjcmV0', 'secret', 'Bearer ']) {
    assert.equal((await get('/metrics', { authorization: given })).status, 401, given);
  }
  const basic = `Basic ${Buffer.from('me:secret').toString('base64')}`;
  for (const given of ['Bearer secret', basic]) {
    assert.equal((await get('/metrics', { authorization: given })).status, 200, given);
  }
  const preflight = (origin: string) =>
    fetch(`${guarded.url}/embed`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    });
  const allowed = await preflight('https://example.org');
  assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://example.org');
  assert.equal((await preflight('https://evil.example')).headers.get('access-control-allow-origin'), null);
});

test('pages elsewhere may not ask, also where their name leads here', async () => {
  const open = await fetch(`${served.url}/health`, { headers: { origin: 'https://evil.example' } });
  assert.equal(open.headers.get('access-control-allow-origin'), null);
  const { hostname, port } = new URL(served.url);
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(Number(port), hostname, () =>
      socket.end('GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n'),
    );
    socket.once('data', (data) => resolve(String(data)));
  });
  assert.match(answer, /^HTTP\/1\.1 421 /);
});

test('a port in use, a host of others and a number that is no port are one clear line', async (t) => {
  const other = createServer();
  await new Promise<void>((done) => void other.listen(0, '127.0.0.1', done));
  t.after(() => other.close());
  const { port } = other.address() as { port: number };
  for (const [options, message] of [
    [{ port }, /^127\.0\.0\.1:\d+: another program listens on this port; give another by --port, or 0 for any$/],
    [{ port: 0, host: '192.0.2.1' }, /^--host 192\.0\.2\.1: no address of this machine; /],
    [{ port: 70_000 }, /^--port must be from 0 to 65,535, got 70000$/],
    [{ port: 0, cors: ['example.org'] }, /^--cors must be an origin such as/],
    [{ port: 0, token: ' ' }, /^--token must not be empty$/],
  ] as const) {
    await assert.rejects(serve({ encoder: run, ...options }), (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, message);
      return true;
    });
  }
});

const counted = /^tandem_pictures(_waiting|_total\{result="answered"\}) \d+$/gm;
const sum = (lines: readonly string[] | null) =>
  (lines ?? []).reduce((all, line) => all + Number(line.split(' ').at(-1)), 0);

test('from the command line; SIGTERM answers what is at hand, and ends with 0', async () => {
  const child = start(['serve', run, '--index', index, '--port', '0', '--json']);
  const first = await new Promise<string>((resolve) =>
    child.process.stdout?.once('data', (data) => resolve(String(data))),
  );
  const { url, paths, page } = JSON.parse(first);
  assert.deepEqual([paths, page], [['/embed', '/classify', '/search'], true]);
  const wanted = Array.from(await gallery.model.embed(jpeg));
  const many = Array.from({ length: 30 }, () => asked('/embed', { body: bytes(jpeg) }, url));
  // All have come, and most of them wait.
  const come = () => fetch(`${url}/metrics`).then(async (answer) => sum((await answer.text()).match(counted)));
  while ((await come()) < many.length) await new Promise((resolve) => setTimeout(resolve, 5));
  child.process.kill('SIGTERM');
  for (const { value } of await Promise.all(many)) assert.deepEqual(value, { vector: wanted });
  const { code, stderr } = await child.ended;
  assert.deepEqual([code, stderr], [0, 'stopping; requests at hand are answered\n']);
  await assert.rejects(fetch(url));
});
