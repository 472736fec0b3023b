import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openImages } from '../../../src/images/index.js';
import { pixel, png, tarOf, temporary, write, zipOf } from '../making.js';

/** Six pictures in a folder, number n with n as its red. */
async function pictures(root: string): Promise<string[]> {
  const names = [...Array(6).keys()].map((n) => `pics/${n}.png`);
  for (const [n, name] of names.entries()) write(root, name, await png([n, 0, 0]));
  return names;
}

type Opened = Awaited<ReturnType<typeof openImages>>;

/** Red values by class, of training images and queries. */
function reds({ train, reference = train, queries }: Opened): Record<string, number[]>[] {
  return [reference, ...(queries ? [queries] : [])].map((set) => {
    const found: Record<string, number[]> = {};
    for (let i = 0; i < set.count; i++) {
      const name = set.classes?.[set.labels?.[i] as number] ?? '-';
      found[name] = [...(found[name] ?? []), pixel(set, i, 0, 0)[0] as number].sort();
    }
    return found;
  });
}

const split = [
  { cat: [0, 2], dog: [1, 3] },
  { cat: [4], dog: [5] },
];
const kind = (n: number) => (n % 2 ? 'dog' : 'cat');
const part = (n: number) => (n < 4 ? 'train' : 'val');

test('csv, tsv and jsonl say path, class and split, by usual names, in any order, gzipped or not', async (t) => {
  const root = temporary(t);
  const names = await pictures(root);
  const table = (separator: string, quote = '') =>
    ['split,note,label,file_name', ...names.map((name, n) => `${part(n)},"a, ${n}",${kind(n)},${quote}${name}${quote}`)]
      .join('\r\n')
      .replace(/,(?! )/g, separator);
  const rows = names.map((name, n) => ({ image: { path: name }, class: kind(n), subset: part(n) }));
  const lists: Record<string, string | Buffer> = {
    'comma.csv': table(',', '"'),
    'semicolon.csv': `\ufeff${table(';')}`,
    'sixteen.csv': Buffer.from(`\ufeff${table(',')}`, 'utf16le'),
    'tabs.tsv': table('\t'),
    'zipped.csv.gz': gzipSync(table(',')),
    'lines.jsonl': `${rows.map((row) => JSON.stringify({ ...row, path: row.image.path })).join('\n')}\n`,
  };
  for (const [name, body] of Object.entries(lists)) {
    const opened = await openImages(write(root, name, body));
    assert.deepEqual(reds(opened), split, name);
    assert.match(
      opened.note ?? '',
      /images are column '(file_name|path)', labels '(label|class)', split '(split|subset)'/,
    );
  }
});

test('columns that are named win over those that are guessed; one that is not there is said', async (t) => {
  const root = temporary(t);
  const names = await pictures(root);
  const rows = names.map((name, n) => ({ label: 'all', path: 'nowhere.png', meta: { file: name, kind: kind(n) } }));
  const where = write(root, 'own.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'));
  const opened = await openImages(where, { imageColumn: 'meta.file', labelColumn: 'meta.kind' });
  assert.deepEqual(opened.train.classes, ['cat', 'dog']);
  await assert.rejects(openImages(where, { labelColumn: 'labels' }), /no column 'labels'.*there are label, path, meta/);
  const without = write(root, 'no.csv', 'a,b\n1,2\n3,4\n');
  await assert.rejects(openImages(without), /none of its columns \(a, b\) holds paths.*--image-column/);
  const damaged = write(root, 'bad.jsonl', `{"path": "pics/0.png"}\n{"path": \n`);
  await assert.rejects(openImages(damaged), /bad\.jsonl:2: not a JSON object/);
  await assert.rejects(openImages(write(root, 'empty.csv', '')), /a list without a path or URL in it/);
});

test('text: a path a line, or path and class; comments and a missing head are fine', async (t) => {
  const root = temporary(t);
  const names = await pictures(root);
  const plain = await openImages(write(root, 'plain.txt', `# six\n\n${names.join('\n')}\n`));
  assert.deepEqual([plain.train.count, plain.train.classes], [6, undefined]);
  const bodies: Record<string, string> = {
    'pairs.txt': names.map((name, n) => `${name} ${kind(n)}`).join('\n'),
    'tabs.txt': names.map((name, n) => `${join(root, name)}\t${kind(n)}`).join('\n'),
    'headless.csv': names.map((name, n) => `${name},${kind(n)}`).join('\n'),
  };
  for (const [name, body] of Object.entries(bodies)) {
    assert.deepEqual((await openImages(write(root, name, body))).train.classes, ['cat', 'dog'], name);
  }
  const missing = await openImages(write(root, 'gone.txt', `${names.join('\n')}\npics/7.png\n`));
  assert.deepEqual(
    missing.skipped.map(({ file }) => file),
    ['pics/7.png'],
  );
});

test('a file alone, several, globs and braces', async (t) => {
  const root = temporary(t);
  await pictures(root);
  const count = async (pattern: string) => (await openImages(join(root, pattern))).train.count;
  assert.equal(await count('pics/0.png'), 1);
  assert.equal(await count('pics/*.png'), 6);
  assert.equal(await count('pics/[0-2].png'), 3);
  assert.equal(await count('**/{1,2}.png'), 2);
  await assert.rejects(count('pics/*.gif'), /no file or folder fits/);
  await assert.rejects(count('pics/{0..9}.png'), /4 of 10 files are missing, first .*6\.png/);
  for (const [i, name] of ['cats/1.png', 'dogs/1.png', 'dogs/[2].png'].entries())
    write(root, name, await png([i, 0, 0]));
  const both = await openImages(join(root, '{cats,dogs}'));
  assert.deepEqual(
    [both.train.classes, both.train.files?.toSorted()],
    [
      ['cats', 'dogs'],
      ['cats/1.png', 'dogs/1.png', 'dogs/[2].png'],
    ],
  );
  assert.equal(await count('dogs/[2].png'), 1);
});

test('a table beside images says classes: metadata.csv always, others where folders do not', async (t) => {
  const [imagefolder, flat, breeds, grouped] = [temporary(t), temporary(t), temporary(t), temporary(t)] as const;
  for (let n = 0; n < 4; n++) write(imagefolder, `train/x/${n}.png`, await png([n, 0, 0]));
  const rows = [...Array(4).keys()].map((n) => `x/${n}.png,${kind(n)}`);
  write(imagefolder, 'train/metadata.csv', `file_name,label\n${rows.join('\n')}`);
  assert.deepEqual((await openImages(imagefolder)).train.classes, ['cat', 'dog']);

  for (let n = 0; n < 4; n++) write(flat, `train/${kind(n)}/${n}.png`, await png([n, 0, 0]));
  for (let n = 4; n < 6; n++) write(flat, `val/${n}.png`, await png([n, 0, 0]));
  write(flat, 'val/labels.txt', '4.png cat\n5.png dog\n');
  assert.deepEqual(reds(await openImages(flat)), split);
  write(flat, 'val/labels.txt', '4.png cat\n5.png fox\n');
  assert.match((await openImages(flat)).note ?? '', /'val' is not sorted into the classes of 'train' \(it has 'fox'/);

  for (let n = 0; n < 4; n++) write(breeds, `images/id${n}.png`, await png([n, 0, 0]));
  write(breeds, 'labels.csv', `id,breed\n${[...Array(4).keys()].map((n) => `id${n},${kind(n)}`).join('\n')}`);
  write(breeds, 'id0.txt', 'a caption');
  const { train, note } = await openImages(breeds);
  assert.deepEqual(train.classes, ['cat', 'dog']);
  assert.match(note ?? '', /classes are column 'breed' of labels\.csv/);

  for (let n = 0; n < 4; n++) write(grouped, `${kind(n)}/${n}.png`, await png([n, 0, 0]));
  write(grouped, 'metadata.csv', 'camera,lens\none,two\n');
  write(grouped, 'owners.csv', `file,class\n${[...Array(4).keys()].map((n) => `${n}.png,ann`).join('\n')}`);
  const plain = await openImages(grouped);
  assert.deepEqual(plain.train.classes, ['cat', 'dog']);
  assert.match(plain.note ?? '', /metadata\.csv is not used: metadata\.csv: none of its columns/);
});

test('a folder of shards, and gaps in their numbers', async (t) => {
  const root = temporary(t);
  for (const [i, number] of ['000', '001', '004'].entries()) {
    const entries = [0, 1].map(async (n) => [
      { name: `${n}.png`, body: await png([2 * i + n, 0, 0]) },
      { name: `${n}.cls`, body: kind(n) },
    ]);
    write(root, `set/pets-${number}.tar`, await tarOf((await Promise.all(entries)).flat()));
  }
  for (const where of ['set', 'set/*.tar', 'set/pets-{000,001,004}.tar']) {
    const { train, note } = await openImages(join(root, where));
    assert.deepEqual([train.count, train.classes], [6, ['cat', 'dog']], where);
    assert.match(note ?? '', /numbers are missing between 0 and 4: 2, 3/);
  }
  write(root, 'set/0.png', await png());
  assert.match((await openImages(join(root, 'set'))).note ?? '', /3 archives beside the images are not opened/);
});

test('files without an ending are told by their content, in folders and tars', async (t) => {
  const root = temporary(t);
  const entries = [
    { name: 'a/0f3c', body: await png([1, 0, 0]) },
    { name: 'b/77aa', body: await png([2, 0, 0]) },
    { name: 'README', body: 'about these' },
  ];
  for (const { name, body } of entries) write(root, `folder/${name}`, body);
  write(root, 'images.tar', await tarOf(entries));
  for (const where of ['folder', 'images.tar']) {
    const { train, note } = await openImages(join(root, where));
    assert.deepEqual(
      [train.files, train.classes],
      [
        ['a/0f3c', 'b/77aa'],
        ['a', 'b'],
      ],
      where,
    );
    assert.match(note ?? '', /2 files without an ending are images by their content/);
  }
});

test('archives that cannot be read are named with the cure', async (t) => {
  const root = temporary(t);
  const body = await png();
  const zip = (method: number, flags: number) => {
    const bytes = zipOf([{ name: 'a.png', body, stored: method !== 0, flags: 0x800 | flags }]);
    const list = bytes.indexOf('PK\x01\x02');
    if (method !== 0) for (const at of [8, list + 10]) bytes.writeUInt16LE(method, at);
    return bytes;
  };
  const cases: [string, Buffer, RegExp][] = [
    ['locked.zip', zip(0, 1), /none of its 1 images can be used: a\.png \(encrypted; unpack the zip with its password/],
    ['64.zip', zip(9, 0), /a\.png \(packed by Deflate64, which is not read; unpack the zip \(7z x\)/],
    ['seven.7z', Buffer.from('377abcaf271c0004', 'hex'), /a 7z archive; expected .*; unpack it first/],
    ['old.rar', Buffer.from('526172211a0700', 'hex'), /a rar archive; expected .*; unpack it first/],
  ];
  for (const [name, bytes, message] of cases) await assert.rejects(openImages(write(root, name, bytes)), message);
});

test('a class folder that may not be entered is named with the cure', {
  skip: process.getuid?.() === 0 && 'root may enter all',
}, async (t) => {
  const root = temporary(t);
  for (const name of ['ant', 'bee', 'cat']) write(root, `${name}/1.png`, await png());
  chmodSync(join(root, 'cat'), 0);
  t.after(() => chmodSync(join(root, 'cat'), 0o755));
  assert.match((await openImages(root)).note ?? '', /cat is a folder that cannot be read \(EACCES\).*chmod -R u\+rX/);
});
