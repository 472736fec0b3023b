import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { manualSeed } from 'tandem-torch';
import { indexImages } from '../../src/gallery/index.js';
import { Head } from '../../src/networks/index.js';
import { saveHead } from '../../src/weights/index.js';
import { encoderFile, pictures } from '../cli/running.js';

/** A run of a tiny encoder with a classifier, its pictures, and an index of them. */
export async function material(root: string): Promise<{ run: string; images: string; index: string }> {
  const [run, images, index] = ['run', 'pictures', 'index'].map((name) => join(root, name)) as [string, string, string];
  mkdirSync(join(run, 'encoder'), { recursive: true });
  copyFileSync(encoderFile(join(root, 'e.safetensors')), join(run, 'encoder', 'encoder.safetensors'));
  manualSeed(1);
  const head = new Head({ widths: [16, 2], norm: false });
  saveHead(join(run, 'encoder', 'head.safetensors'), { head, classes: ['blue', 'red'] });
  head.dispose();
  await pictures(images, 12);
  await indexImages({ encoder: run, images, to: index });
  return { run, images, index };
}
