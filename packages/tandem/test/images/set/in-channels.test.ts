import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DataSet, type ImageSet, openImages, streamImages } from '../../../src/images/index.js';
import { inChannels } from '../../../src/images/set/in-channels.js';
import { pixel, png, temporary, write } from '../making.js';

const set = (channels: 1 | 3, values: readonly number[]): ImageSet => ({
  ...{ name: 'two', count: values.length / channels, channels, height: 1, width: 1 },
  pixels: Uint8Array.from(values),
});
const dataOf = (train: ImageSet): DataSet => ({ name: 'two', train, reference: train, skipped: [], note: 'A note' });

test('colours become the gray that Pillow makes of them', () => {
  // Image.new('RGB', (1, 1), colour).convert('L') in Pillow 13.0.0
  const colours = [255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3, 200, 100, 50, 255, 255, 255];
  const { train, reference, note } = inChannels(dataOf(set(3, colours)), 1);
  assert.deepEqual([...(train.pixels as Uint8Array)], [76, 150, 29, 2, 124, 255]);
  assert.equal(reference, train, 'what was one set stays one');
  assert.equal(note, 'A note; the images are made gray');
});

test('gray is repeated, and what has the channels already, or none that are colours, stays as it is', () => {
  const gray = dataOf(set(1, [7, 9]));
  assert.deepEqual([...(inChannels(gray, 3).train.pixels as Uint8Array)], [7, 7, 7, 9, 9, 9]);
  for (const channels of [1, undefined, 4]) assert.equal(inChannels(gray, channels), gray);
});

test('a folder of colour pictures is opened in gray, whole and in parts, and it is said once', async (t) => {
  const root = temporary(t);
  for (const i of [0, 1]) write(root, `${i}.png`, await png([200, 100, 50]));
  const { train, note } = await openImages(root, { channels: 1 });
  assert.deepEqual([train.channels, pixel(train, 1, 3, 3)], [1, [124]]);
  assert.equal(note?.split('the images are made gray').length, 2);
  const stream = await streamImages(root, { channels: 1, size: 8 });
  assert.deepEqual(stream.notes, ['the images are made gray']);
  for await (const part of stream.chunks()) assert.deepEqual(pixel(part.set, 0, 0, 0), [124]);
  await assert.rejects(openImages(root, { channels: 17 }), /channels must be/);
});
