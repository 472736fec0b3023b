import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import sharp from 'sharp';
import { streamImages } from '../../src/images/index.js';
import { load } from '../../src/load/index.js';
import { stream } from '../../src/random.js';
import { encoderFile, tandem, temporary } from './running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const encoder = encoderFile(join(root, 'encoder.safetensors'));
const each = 15;

/** A picture of a few large spots, unlike those of other numbers. */
async function spots(seed: number, side: number): Promise<Buffer> {
  const random = stream(seed);
  const data = Uint8Array.from({ length: 3 * 4 * 4 }, () => random.below(256));
  return sharp(data, { raw: { width: 4, height: 4, channels: 3 } })
    .resize(side, side, { kernel: 'cubic' })
    .png()
    .toBuffer();
}

before(async () => {
  for (const [c, name] of ['blue', 'red'].entries()) {
    mkdirSync(join(images, name), { recursive: true });
    for (let i = 0; i < each; i++) writeFileSync(join(images, name, `${i}.png`), await spots(100 * c + i, 64));
  }
  copyFileSync(join(images, 'blue', '3.png'), join(images, 'blue', '0-copy.png'));
  writeFileSync(join(images, 'red', '0-small.png'), await spots(104, 48));
});

/** The result of a command with `--json`. */
async function done(t: Parameters<typeof tandem>[0], ...argv: string[]) {
  const { code, stdout, stderr } = await tandem(t, ...argv, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

const lines = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n');

/** Cosines of all pictures by the model that others use. */
async function vectors(): Promise<Map<string, Float32Array>> {
  const { states } = await streamImages(images, { size: 16 });
  using model = await load(encoder);
  const files = [...states.keys()];
  const rows = await model.embed(
    files.map((file) => join(images, file)),
    { normalize: true },
  );
  return new Map(files.map((file, i) => [file, rows[i] as Float32Array]));
}

const cosine = (a: Float32Array = new Float32Array(), b: Float32Array = new Float32Array()) =>
  a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);

test('duplicates: the larger of two is kept, copies are named, the list is one that leaveOut takes', async (t) => {
  const out = join(root, 'duplicates');
  const { result, files, settings } = await done(
    t,
    ...['duplicates', encoder, images, '--threshold', '0.999', '--out', out],
  );
  assert.deepEqual(settings, { threshold: 0.999 });
  const near = await vectors();
  for (const group of result.found) {
    for (const { file, similarity } of group) {
      assert.ok(Math.abs(similarity - cosine(near.get(group[0].file), near.get(file))) < 1e-5);
    }
  }
  const all: string[][] = result.found.map((group: { file: string }[]) => group.map(({ file }) => file));
  assert.ok(
    all.some((group) => group.join() === 'blue/0-copy.png,blue/3.png'),
    `${all}`,
  );
  assert.ok(
    all.some((group) => group.join() === 'red/4.png,red/0-small.png'),
    `${all}`,
  );
  const copy = result.found.flat().find(({ file }: { file: string }) => file === 'blue/3.png');
  assert.deepEqual([copy.isCopy, copy.similarity, copy.width, copy.class], [true, 1, 64, 'blue']);
  const list = files.find((file: string) => file.endsWith('leave-out.txt'));
  assert.deepEqual(lines(list).sort(), all.flatMap((group) => group.slice(1)).sort());
  assert.deepEqual([result.images, result.duplicates], [32, lines(list).length]);
  const rest = await streamImages(images, { size: 16, leaveOut: list });
  assert.equal(rest.total, 32 - lines(list).length);

  const [head, ...rows] = lines(join(out, 'groups.csv'));
  assert.equal(head, 'group,file,class,kept,similarity,copy,width,height');
  assert.deepEqual(rows.length, all.flat().length);
  assert.deepEqual(
    lines(join(out, 'groups.jsonl')).map((line) => JSON.parse(line).file),
    all.flat(),
  );
  const html = readFileSync(join(out, 'duplicates.html'), 'utf8');
  assert.equal(html.match(/<img /g)?.length, all.flat().length);
  assert.match(html, /the same file, blue, 64 x 64/);
  const over = await tandem(t, 'duplicates', encoder, images, '--out', out);
  assert.match(over.stderr, /exists already and is never overwritten/);
});

test('where most pictures are near-duplicates, the threshold is what is wrong', async (t) => {
  const { stdout, stderr } = await tandem(t, 'duplicates', encoder, images, '--threshold', '0.1');
  assert.match(stdout, /^32 pictures: 31 near-duplicates in 1 group\n(\S+ ~ ){4}\.\.\.\n/);
  assert.match(stderr, /most pictures are near another by a cosine of 0\.1: give a higher --threshold/);
});

test('duplicates in words; none is no error', async (t) => {
  const { stdout } = await tandem(t, 'duplicates', encoder, images, '--threshold', '1');
  assert.match(stdout, /^32 pictures: 1 near-duplicate in 1 group\nblue\/0-copy\.png ~ blue\/3\.png\nwith --out /);
  const one = join(root, 'one');
  mkdirSync(one);
  copyFileSync(join(images, 'red', '1.png'), join(one, '1.png'));
  const out = join(root, 'none');
  const none = await tandem(t, 'duplicates', encoder, one, '--out', out);
  assert.equal(none.code, 0, none.stderr);
  assert.match(none.stdout, /1 picture: 0 near-duplicates in 0 groups/);
  assert.equal(readFileSync(join(out, 'leave-out.txt'), 'utf8'), '');
});

test('outliers: the farthest from their nearest come first, in list, ranking and page', async (t) => {
  const out = join(root, 'outliers');
  const { result } = await done(t, 'outliers', encoder, images, '--k', '5', '--n', '4', '--out', out);
  assert.deepEqual([result.images, result.found.length], [32, 4]);
  const near = [...(await vectors())];
  const ranked = near
    .map(([file, row], i) => {
      const apart = near.filter((_, j) => j !== i).map(([, other]) => 1 - cosine(row, other));
      const nearest = apart.sort((a, b) => a - b).slice(0, 5);
      return { file, distance: nearest.reduce((sum, one) => sum + one, 0) / 5 };
    })
    .sort((a, b) => b.distance - a.distance);
  for (const [i, { file, distance }] of result.found.entries()) {
    assert.equal(file, ranked[i]?.file);
    assert.ok(Math.abs(distance - (ranked[i]?.distance ?? 0)) < 1e-5);
  }
  assert.deepEqual(
    lines(join(out, 'outliers.txt')),
    result.found.map(({ file }: { file: string }) => file),
  );
  assert.equal(lines(join(out, 'ranking.csv')).length, 33);
  assert.equal(readFileSync(join(out, 'outliers.html'), 'utf8').match(/<img /g)?.length, 4);
  const words = await tandem(t, 'outliers', encoder, images, '--k', '5');
  assert.match(words.stdout, /^the least like their 5 nearest, of 32 pictures .*\n[\d.]+ (red|blue)\/\d+\.png\n/);
});

for (const by of ['diversity', 'typicality']) {
  test(`select by ${by}: a list for a pipe, and what labelling tools take, the same by the seed`, async (t) => {
    const argv = ['select', encoder, images, '--n', '6', '--by', by];
    const { stdout, code, stderr } = await tandem(t, ...argv);
    assert.equal(code, 0, stderr);
    const chosen = stdout.trimEnd().split('\n');
    assert.equal(new Set(chosen).size, 6);
    const out = join(root, by);
    const { result } = await done(t, ...argv, '--out', out);
    assert.deepEqual(
      result.selected.map(({ file }: { file: string }) => file),
      chosen,
    );
    assert.deepEqual(lines(join(out, 'selected.txt')), chosen);
    assert.deepEqual(lines(join(out, 'selected.csv')).slice(0, 2), [
      'order,file,class',
      `1,${chosen[0]},${chosen[0]?.split('/')[0]}`,
    ]);
    const tasks = JSON.parse(readFileSync(join(out, 'label-studio.json'), 'utf8'));
    assert.deepEqual(tasks[0], {
      data: { image: `/data/local-files/?d=${chosen[0]}`, file: chosen[0], class: chosen[0]?.split('/')[0] },
    });
    assert.equal(tasks.length, 6);
    assert.equal(readFileSync(join(out, 'selected.html'), 'utf8').match(/<img /g)?.length, 6);
    assert.equal(typeof result.radius, by === 'diversity' ? 'number' : 'undefined');
  });
}

for (const flags of [
  ['--k', '3'],
  ['--by', 'hdbscan', '--least-size', '2'],
]) {
  test(`cluster ${flags.join(' ')}: all pictures are in one cluster or none, in lists, table and page`, async (t) => {
    const out = join(root, `clusters-${flags.length}`);
    const { result } = await done(t, 'cluster', encoder, images, ...flags, '--out', out);
    const groups: { file: string; distance: number }[][] = result.clusters;
    const files = [...groups.flat(), ...result.rest].map(({ file }: { file: string }) => file);
    assert.deepEqual([files.length, new Set(files).size], [32, 32]);
    if (flags[0] === '--k') assert.deepEqual([groups.length, result.rest], [3, []]);
    for (const [i, group] of groups.entries()) {
      assert.deepEqual(
        lines(join(out, `cluster-${i + 1}.txt`)),
        group.map(({ file }) => file),
      );
      assert.deepEqual(
        group.map(({ distance }) => distance),
        group.map(({ distance }) => distance).sort((a, b) => a - b),
      );
    }
    assert.equal(lines(join(out, 'clusters.csv')).length, 33);
    assert.ok(result.silhouette >= -1 && result.silhouette <= 1);
    const html = readFileSync(join(out, 'clusters.html'), 'utf8');
    assert.match(html, /Cluster 1: \d+ pictures \((blue|red) \d+/);
    const words = await tandem(t, 'cluster', encoder, images, ...flags);
    assert.match(words.stdout, /pictures? in \d+ clusters.*\nsilhouette -?[\d.]+\n1: \d+, such as /);
  });
}

test('an archive is looked through as its folder is, with pictures on the page', async (t) => {
  const tar = join(root, 'pictures.tar');
  const { execFileSync } = await import('node:child_process');
  execFileSync('tar', ['-cf', tar, '-C', images, '.']);
  const out = join(root, 'of-tar');
  const { result } = await done(t, 'duplicates', encoder, tar, '--threshold', '1', '--out', out);
  assert.deepEqual([result.images, result.duplicates], [32, 1]);
  assert.equal(readFileSync(join(out, 'duplicates.html'), 'utf8').match(/<img /g)?.length, 2);
});

test('a picture that cannot be read is named, and the others are looked at', async (t) => {
  const broken = join(images, 'red', 'broken.png');
  writeFileSync(broken, 'no picture');
  const out = join(root, 'with-broken');
  t.after(() => rmSync(broken));
  const { code, stderr } = await tandem(t, 'outliers', encoder, images, '--out', out);
  assert.equal(code, 0);
  assert.match(stderr, /broken\.png/);
  assert.deepEqual(lines(`${out}.skipped.jsonl`).length, 1);
});

for (const [what, argv, message] of [
  ['more than there are', ['select', encoder, images, '--n', '99'], /at least 99 pictures are needed, there are 32/],
  ['more clusters than pictures', ['cluster', encoder, images, '--k', '99'], /at least 99 pictures are needed/],
  ['no n', ['select', encoder, images], /required option '--n <n>' not specified/],
  [
    'no such choice',
    ['select', encoder, images, '--n', '1', '--by', 'diverse'],
    /--by must be diversity, typicality.*diversity/,
  ],
  [
    'no cosine',
    ['duplicates', encoder, images, '--threshold', '2'],
    /--threshold must be a cosine above 0 and at most 1/,
  ],
  ['two ways', ['cluster', encoder, images, '--by', 'hdbscan', '--k', '3'], /--k is of k-means/],
  ['no pictures', ['outliers', encoder, join(root, 'nowhere')], /nowhere/],
  ['a limit', ['outliers', encoder, images, '--limit', '3'], /--limit is for data sets known by name/],
] as const) {
  test(`wrong: ${what}`, async (t) => {
    const { code, stdout, stderr } = await tandem(t, ...argv);
    assert.deepEqual([code === 0, stdout], [false, '']);
    assert.match(stderr, message);
    assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
  });
}
