import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import sharp from 'sharp';
import { noGrad, scope } from 'tandem-torch';
import { scatterSvg } from '../../src/evaluate/index.js';
import { buildEncoder } from '../../src/networks/index.js';
import { readEvaluations } from '../../src/runs/index.js';
import { saveEncoder } from '../../src/weights/index.js';
import { card, pictures, tandem, temporary, tiny } from './running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const run = join(root, 'run');
const quick = ['--perplexity', '5', '--iterations', '60'];

before(async () => {
  for (const part of ['train', 'test']) await pictures(join(images, part), 20);
});

test('pictures, numbers beside them, and the layout for the report', async (t) => {
  assert.equal((await tandem(t, 'pretrain', images, ...tiny, '--batch', '20', '--epochs', '1', '--out', run)).code, 0);
  const { code, stdout, stderr } = await tandem(t, 'tsne', run, images, ...quick, '--json');
  assert.equal(code, 0, stderr);
  const { protocol, settings, result, files } = JSON.parse(stdout);
  assert.equal(protocol, 't-SNE');
  assert.deepEqual([settings.perplexity, settings.iterations, settings.points, settings.components], [5, 60, 40, 50]);
  for (const place of [result.features, result.map]) {
    assert.ok(
      place.nearest >= 0 && place.nearest <= 1 && Math.abs(place.silhouette) <= 1 && place.daviesBouldin > 0,
      stdout,
    );
  }
  assert.ok(result.divergence > 0);
  assert.deepEqual(files, [join(run, 'tsne.svg'), join(run, 'tsne.png')]);
  const svg = readFileSync(join(run, 'tsne.svg'), 'utf8');
  assert.match(svg, />blue<[\s\S]*>red</);
  assert.match(svg, /t-SNE of .*, teacher: 40 images/);
  const { width, height, format } = await sharp(join(run, 'tsne.png')).metadata();
  assert.ok(format === 'png' && width > 1600 && height > 1600);
  const { points, labels, classNames } = JSON.parse(readFileSync(join(run, 'tsne.json'), 'utf8'));
  assert.deepEqual([points.length, labels.length, classNames], [40, 40, ['blue', 'red']]);
  assert.equal(readEvaluations(run).at(-1)?.command, 'tsne');
});

test('an earlier picture stays: the next free name, or a refusal where the name is given', async (t) => {
  const first = readFileSync(join(run, 'tsne.svg'));
  assert.equal((await tandem(t, 'tsne', run, images, ...quick, '--points', '20')).code, 0);
  assert.ok(existsSync(join(run, 'tsne-2.png')));
  const { code, stderr } = await tandem(t, 'tsne', run, images, '--out', join(run, 'tsne.png'));
  assert.equal(code, 1);
  assert.match(stderr, /tsne\.svg exists already and is never overwritten/);
  assert.deepEqual(readFileSync(join(run, 'tsne.svg')), first);
});

test('an encoder that tells no images apart: one error, nothing is written', async (t) => {
  const encoder = buildEncoder(card.architecture);
  scope(() => noGrad(() => encoder.namedParameters().forEach(([, x]) => void x.fill_(0))));
  const file = join(root, 'collapsed.safetensors');
  saveEncoder(file, encoder, card);
  const out = join(root, 'collapsed.svg');
  const { code, stdout, stderr } = await tandem(t, 'tsne', file, images, ...quick, '--out', out, '--json');
  assert.deepEqual([code, stdout, existsSync(out)], [1, '', false]);
  assert.match(stderr, /tandem: t-SNE: the features of all 40 images are equal/);
});

test('without labels, or where clusters are asked for, points are coloured by cluster', async (t) => {
  const flat = await pictures(join(root, 'flat'), 30, ['all']);
  const out = join(root, 'flat.svg');
  const argv = [...quick, '--out', out, '--json'];
  const { code, stdout, stderr } = await tandem(t, 'tsne', run, flat, ...argv);
  assert.equal(code, 0, stderr);
  const { settings, result } = JSON.parse(stdout);
  assert.deepEqual([settings.clusters, settings.points], [8, 30]);
  assert.ok(result.features.nearest > 0.3 && result.divergence > 0);
  assert.match(readFileSync(out, 'utf8'), />cluster 1<[\s\S]*>cluster 8</);
  const asked = ['--clusters', '3', ...quick, '--out', join(root, 'three.svg'), '--json'];
  const three = await tandem(t, 'tsne', run, images, ...asked);
  assert.equal(JSON.parse(three.stdout).settings.clusters, 3);
});

test('by UMAP: a picture of its own, the same by the seed', async (t) => {
  const maps: string[] = [];
  for (const [i, seed] of ['1', '1', '2'].entries()) {
    const argv = ['--by', 'umap', '--neighbours', '8', '--seed', seed, '--json'];
    const { code, stdout, stderr } = await tandem(t, 'tsne', run, images, ...argv);
    assert.equal(code, 0, stderr);
    const { protocol, settings, result, files } = JSON.parse(stdout);
    assert.deepEqual([protocol, settings.neighbours, settings.seed], ['UMAP', 8, Number(seed)]);
    assert.equal(result.divergence, undefined);
    assert.equal(files[0], join(run, i === 0 ? 'umap.svg' : `umap-${i + 1}.svg`));
    maps.push(JSON.stringify(JSON.parse(readFileSync(join(run, 'tsne.json'), 'utf8')).points));
  }
  assert.equal(maps[0], maps[1]);
  assert.notEqual(maps[0], maps[2]);
});

test('with few images fewer neighbours count', async (t) => {
  const out = join(root, 'few.svg');
  const asked = ['--points', '22', '--iterations', '60', '--out', out, '--json'];
  const { stdout } = await tandem(t, 'tsne', run, images, ...asked);
  assert.equal(JSON.parse(stdout).settings.perplexity, 7);
});

for (const [argv, exit, message] of [
  [['--out', join(root, 'nowhere', 'p.svg')], 1, /nowhere: there is no such folder/],
  [['--out', 'picture.jpg'], 2, /--out must end in \.svg or \.png, got picture\.jpg/],
  [['--by', 'umap', '--perplexity', '5'], 2, /--perplexity is of tsne; umap has --neighbours/],
  [
    ['--by', 'umap', '--neighbours', '99', '--out', join(root, 'u.svg')],
    1,
    /UMAP of 40 points needs from 2 to 39 neighbours/,
  ],
  [['--encoder', 'both'], 2, /t-SNE draws one encoder/],
  [
    ['--points', '20', '--perplexity', '20', '--out', join(root, 'p.svg')],
    1,
    /t-SNE of 20 points needs a perplexity from 1 to less than 20/,
  ],
] as const) {
  test(`wrong: ${argv.slice(0, 4).join(' ')}`, async (t) => {
    const { code, stdout, stderr } = await tandem(t, 'tsne', run, images, ...argv);
    assert.deepEqual([code, stdout], [exit, '']);
    assert.match(stderr, message);
  });
}

test('class names are only text, colours come back with another mark, very many classes have no legend', () => {
  const classes = Array.from({ length: 12 }, (_, i) => (i === 0 ? '<b>&"' : `c${i}`));
  const points = Float64Array.from({ length: 24 }, (_, i) => i);
  const labels = Array.from({ length: 12 }, (_, i) => i);
  const svg = scatterSvg({ points, labels, classes, title: 'a < b', notes: ['n'] });
  assert.ok(!svg.includes('<b>') && svg.includes('&lt;b&gt;&amp;&quot;'));
  const groups = [
    ...svg.matchAll(/<g fill="(#\w+)" fill-opacity[^>]*><title>[^<]*<\/title><path d="M[^a-z]*([^"]*)"/g),
  ];
  assert.equal(groups.length, 12);
  assert.equal(groups[0]?.[1], groups[10]?.[1]);
  assert.notEqual(groups[0]?.[2], groups[10]?.[2]);
  const many = Array.from({ length: 100 }, (_, i) => `c${i}`);
  assert.ok(!scatterSvg({ points, labels, classes: many, title: '', notes: [] }).includes('>c99</text>'));
});
