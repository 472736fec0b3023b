import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { gatherSettings } from '../../../src/cli/shared/settings.js';
import { readConfigFile } from '../../../src/pretrain/index.js';
import { temporary, writeJson } from '../../cli/running.js';

test('a file comes over the files it extends, each named from its own folder', (t) => {
  const folder = temporary(t);
  mkdirSync(join(folder, 'sweep'));
  writeJson(join(folder, 'base.json'), { images: 'pictures', lr: 1, batch: 8, tandem: { version: '0' } });
  writeJson(join(folder, 'middle.json'), { extends: './base.json', lr: 2, epochs: 3 });
  const file = writeJson(join(folder, 'sweep', 'top.json'), { extends: '../middle.json', epochs: 4 });
  const settings = { images: 'pictures', lr: 2, batch: 8, epochs: 4 };
  assert.deepEqual(readConfigFile(file), { settings, isOfRun: true });
});

test('a setting comes over one of another name, and the command line over both', (t) => {
  const folder = temporary(t);
  const own = { images: 'pictures', method: 'moco', emaMomentum: 0.5, bank: 64 };
  writeJson(join(folder, 'base.json'), own);
  const file = writeJson(join(folder, 'top.json'), { extends: './base.json', eta: 0.6, queue: 128 });
  const settings = { images: 'pictures', method: 'moco', eta: 0.6, bank: 128 };
  assert.deepEqual(readConfigFile(file), { settings, isOfRun: false });
  const command = { name: 'pretrain', flags: {} };
  const words = ['emaMomentum=.7', 'queue=256'];
  assert.deepEqual(gatherSettings(words, file, {}, command), { ...settings, eta: '.7', bank: '256' });
  assert.throws(() => gatherSettings([...words, 'bank=8'], file, {}, command), {
    name: 'UsageError',
    message: 'queue is another name of bank; give one',
  });
});

test('what cannot be read is one clear line', (t) => {
  const folder = temporary(t);
  const at = (name: string) => join(folder, name);
  writeJson(at('loop.json'), { extends: 'second.json' });
  writeJson(at('second.json'), { extends: './loop.json' });
  writeJson(at('orphan.json'), { extends: 'none.json' });
  writeJson(at('number.json'), { extends: 7 });
  writeJson(at('list.json'), []);
  writeFileSync(at('broken.json'), '{');
  for (const [name, message] of [
    ['loop.json', /loop\.json extends itself$/],
    ['orphan.json', /none\.json cannot be read: there is nothing of this name \(ENOENT\)/],
    ['number.json', /number\.json: extends must name a file, got 7$/],
    ['list.json', /list\.json: it must be a JSON object/],
    ['broken.json', /broken\.json: it is not JSON/],
  ] as const) {
    assert.throws(() => readConfigFile(at(name)), { name: 'UserError', message });
  }
});
