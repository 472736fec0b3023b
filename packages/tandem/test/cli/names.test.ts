import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { scatterSvg } from '../../src/evaluate/index.js';
import { modelCard } from '../../src/export/model-card.js';
import { reportPage } from '../../src/report/page.js';
import { printable } from '../../src/text.js';
import { record, runFolder } from '../report/making.js';
import { card, encoderFile, pictures, tandem, temporary } from './running.js';

// What names of files and classes may hold, in every kind of output: colours and bells of a
// terminal, a line break, a turn of direction, signs of HTML and Markdown.
const evil = 'cat\x1b[31m\x07\x9b|\n\u202e<b>`*';
const root = temporary({ after });
const skip = process.platform === 'win32' && 'such names do not exist';

/** Whether a text has no control character but the breaks between its own lines. */
function assertPlain(text: string): void {
  for (const line of text.split('\n')) assert.equal(line, printable(line));
}

test('terminal: a message is one whole line', { skip }, async (t) => {
  const none = await tandem(t, 'knn', encoderFile(join(root, 'e.safetensors')), join(root, `${evil}.tar`));
  assert.deepEqual([none.code, none.stdout], [1, '']);
  assert.equal(none.stderr.split('\n').length, 2);
  assert.match(none.stderr, /cat\\x1b\[31m\\x07\\x9b\|\\n\\u\{202e\}<b>`\*\.tar: no file or folder fits/);
  assertPlain(none.stderr);
  const unread = await tandem(t, 'pretrain', '--config', join(root, evil));
  assert.match(
    unread.stderr,
    /^tandem: --config .*\\n.* cannot be read: there is nothing of this name \(ENOENT\); .*\n$/,
  );
  assertPlain(unread.stderr);
  for (const words of [[evil], ['knn', `--${evil}`], ['pretrain', `x${evil}=1`]]) {
    const { code, stderr } = await tandem(t, ...words);
    assert.notEqual(code, 0);
    assertPlain(stderr);
  }
});

test('terminal: tables and notes of classes and files', { skip }, async (t) => {
  const images = join(root, 'pictures');
  for (const part of ['train', 'test']) await pictures(join(images, part), 6, [evil.replaceAll('/', ''), 'red']);
  writeFileSync(join(images, 'train', 'red', `${evil}.png`), 'no image');
  const encoder = encoderFile(join(root, 'encoder.safetensors'));
  const probe = ['linear', encoder, images, '--protocol', 'features', '--epochs', '1'];
  const shown = await tandem(t, ...probe);
  assert.equal(shown.code, 0, shown.stderr);
  assertPlain(shown.stdout);
  assertPlain(shown.stderr);
  assert.match(shown.stdout, /^ {2}cat\\x1b\[31m\\x07\\x9b\|\\n\\u\{202e\}<b>`\* +[\d.]+ %/m);
  assert.match(shown.stderr, /could not be read, skipped: .*cat\\x1b/);

  const drawn = await tandem(t, 'tsne', encoder, images, '--iterations', '20', '--out', join(root, 'picture.svg'));
  assert.equal(drawn.code, 0, drawn.stderr);
  assertPlain(drawn.stdout + drawn.stderr);
  assertPlain(readFileSync(join(root, 'picture.svg'), 'utf8'));

  const json = await tandem(t, ...probe, '--json');
  assert.equal(printable(json.stdout.trimEnd()), json.stdout.trimEnd());
  assert.ok(evil in JSON.parse(json.stdout).result.perClass);
});

test('terminal and Markdown: tables of runs', { skip }, async (t) => {
  const folders = join(root, 'runs');
  mkdirSync(folders);
  const runs = [0, 1].map((seed) =>
    runFolder(join(folders, `${seed}`), { config: { images: evil, method: evil, seed } }),
  );
  const plain = await tandem(t, 'compare', ...runs);
  const marked = await tandem(t, 'compare', ...runs, '--markdown');
  for (const { code, stdout, stderr } of [plain, marked]) {
    assert.equal(code, 0, stderr);
    assertPlain(stdout + stderr);
  }
  const bars = marked.stdout
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((row) => row.match(/(?<!\\)\|/g)?.length);
  assert.deepEqual(bars, [bars[0], bars[0], bars[0]]);
});

test('SVG', async () => {
  const drawing = {
    points: [0, 0, 1, 1],
    labels: [0, 1],
    classes: [evil, '\0\ud800\uffff'],
    title: evil,
    notes: [evil],
  };
  const svg = scatterSvg(drawing);
  assertPlain(svg);
  assert.ok(svg.includes('cat\\x1b[31m\\x07\\x9b|\\n\\u{202e}&lt;b&gt;`*') && svg.includes('\\x00\\u{d800}\\u{ffff}'));
  assert.equal((await sharp(Buffer.from(svg)).png().toBuffer({ resolveWithObject: true })).info.format, 'png');
});

test('HTML', () => {
  const making = { config: { images: evil, method: evil }, skipped: [{ file: evil, reason: evil }] };
  const scatter = { points: [[0, 1]] as [number, number][], labels: [0], classNames: [evil], numbers: {}, title: evil };
  const page = reportPage(record(making, `runs/${evil}`), { scatter, withoutNeighbours: evil });
  for (const sign of ['\x1b', '\x07', '\x9b', '\u202e', '<b>']) assert.ok(!page.includes(sign), JSON.stringify(sign));
  assert.match(page, /<h1>cat\\x1b\[31m\\x07\\x9b\|\\n\\u\{202e\}&lt;b&gt;`\*<\/h1>/);
});

test('Markdown: the model card', () => {
  const quality = [{ protocol: evil, images: evil, settings: evil, accuracy: 0.5 }];
  const provenance = { name: evil, method: evil, images: evil, settings: { [evil]: evil, list: [evil] }, quality };
  const quantized = { calibrated: 1, images: evil, cosine: 1 };
  for (const onnx of [evil, { quantized: evil }, { quantized }]) {
    const readme = modelCard(provenance, card, 16, onnx);
    assertPlain(readme);
    const [, front = '', body = ''] = readme.split(/^---$/m);
    assert.equal(JSON.parse(/name: (".*"), type/.exec(front)?.[1] ?? ''), evil);
    assert.ok(!body.replace(/```[\s\S]*?\n```/g, '').match(/(?<!\\)<b>/), 'no HTML');
    const bars = (start: string) =>
      body
        .slice(body.indexOf(start))
        .split('\n\n')[1]
        ?.split('\n')
        .map((row) => row.match(/(?<!\\)\|/g)?.length);
    assert.deepEqual(bars('## Measured'), [6, 6, 6]);
    assert.deepEqual(bars('## Settings'), [3, 3, 3, 3]);
  }
});
