import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { metricsOf, pictures, start, tandem, temporary, tiny } from './running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
process.env.XDG_CACHE_HOME = join(root, 'cache');

let answered = 0;
const server = createServer(({ url = '' }, response) => {
  answered++;
  if (answered % 10 === 3) return response.writeHead(503).end();
  if (answered % 10 === 7) return response.destroy();
  response.end(readFileSync(join(images, decodeURIComponent(url))));
});

before(async () => {
  await pictures(images, 30);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

after(() => {
  server.closeAllConnections();
  server.close();
});

/** Trains twice, once killed after an epoch and resumed: encoders and metrics must be equal. */
async function killedAndResumed(name: string, from: string, epochs: number, says: RegExp): Promise<void> {
  const [whole, killed] = [join(root, `${name}-whole`), join(root, `${name}-killed`)];
  const line = ['pretrain', from, ...tiny, 'size=16', '--batch', '6', '--epochs', String(epochs), '--seed', '3'];
  const { code, stderr } = await start([...line, '--out', whole]).ended;
  assert.equal(code, 0, stderr);
  assert.match(stderr, says);
  const child = start([...line, '--out', killed]);
  await child.says(`epoch 1/${epochs}`);
  child.process.kill('SIGKILL');
  await child.ended;
  assert.ok(metricsOf(killed).length < epochs);
  const resumed = await start(['resume', killed]).ended;
  assert.equal(resumed.code, 0, resumed.stderr);
  for (const file of readdirSync(join(whole, 'encoder'))) {
    const [a, b] = [whole, killed].map((run) => readFileSync(join(run, 'encoder', file)));
    assert.ok(a?.equals(b as Buffer), file);
  }
  const losses = [whole, killed].map((run) => metricsOf(run).map(({ loss }) => loss));
  assert.deepEqual(losses[0], losses[1]);
}

test('a CSV with URLs on a server that fails two requests in ten: killed and resumed, bit for bit', async () => {
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const rows = ['blue', 'red'].flatMap((name) =>
    readdirSync(join(images, name)).map((file) => `${address}/${name}/${file},${name}`),
  );
  const list = join(root, 'urls.csv');
  writeFileSync(list, `url,label\n${rows.join('\n')}\n`);
  await killedAndResumed('urls', list, 5, /2 classes \(blue \d+, red \d+\); always naming the same one/);
  assert.ok(answered > rows.length);
});

test('a Parquet set as on the Hub: killed and resumed, bit for bit', async () => {
  const hub = fileURLToPath(new URL('../../../test/fixtures/hugging-face/hub', import.meta.url));
  await killedAndResumed('hub', hub, 12, /12 images of 3x8x8/);
});

test('several places, a list on stdin, and a word that is neither', async (t) => {
  const both = [join(images, 'blue'), join(images, 'red')];
  const dry = async (...words: string[]) => {
    const { code, stdout, stderr } = await tandem(
      t,
      'pretrain',
      ...words,
      ...tiny,
      'size=16',
      '--batch',
      '2',
      '--dry-run',
      '--json',
    );
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout).images.count;
  };
  assert.equal(await dry(...both), 60);
  assert.equal(await dry(...both, join(images, 'red', '0000.png')), 61);
  const slip = await tandem(t, 'pretrain', images, 'epochs');
  assert.deepEqual([slip.code, slip.stdout], [2, '']);
  assert.match(slip.stderr, /'epochs' is no setting/);
  const piped = start(['pretrain', '-', ...tiny, 'size=16', '--batch', '2', '--dry-run', '--json']);
  piped.process.stdin?.end(`${both.map((folder) => join(folder, '0001.png')).join('\n')}\n`);
  const { code, stdout, stderr } = await piped.ended;
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout).images.count, 2);
});

test('what a run says of classes and split is in its config, and measuring follows', async (t) => {
  const run = join(root, 'chosen');
  const line = ['pretrain', images, ...tiny, 'size=16', '--batch', '20', '--epochs', '1', '--out', run];
  const said = ['--classes', '(blue|red)', '--train', '**/00[01]*', '--test', '**/002*'];
  assert.equal((await tandem(t, ...line, ...said)).code, 0);
  const { classes, train, test: asked } = JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'));
  assert.deepEqual([classes, train, asked], ['(blue|red)', '**/00[01]*', '**/002*']);
  const measured = await tandem(t, 'knn', run, images, '--json');
  const { settings, result } = JSON.parse(measured.stdout);
  assert.deepEqual([settings.bank, settings.queries, result.majority], [40, 20, 0.5]);
});
