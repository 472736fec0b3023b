import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { openImages } from '../../../src/images/index.js';
import { pixel, temporary } from '../making.js';

const python = process.env.TANDEM_TEST_PYTHON ?? 'python3';

/** Skips a test, with a clear word, where Python lacks a package. */
function needsPython(...names: readonly string[]): { skip: string | false } {
  const found = spawnSync(python, ['-c', `import ${names.join(', ')}`], { stdio: 'ignore' });
  return { skip: found.status !== 0 && `${python} has no ${names.join(' and ')}` };
}

/** Runs a script that ends by printing JSON. */
function run(script: string, ...words: readonly string[]): unknown {
  const { status, stdout, stderr } = spawnSync(python, ['-c', script, ...words], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout.trim().split('\n').at(-1) as string);
}

/** Key, part, class and red value, as the real library reads what it wrote. */
const webdataset = `
import io, json, sys, webdataset
from PIL import Image
root = sys.argv[1]
def png(red):
    bytes = io.BytesIO(); Image.new('RGB', (8, 8), (red, 0, 0)).save(bytes, 'PNG'); return bytes.getvalue()
with webdataset.ShardWriter(root + '/pets-%03d.tar', maxcount=5, verbose=0) as sink:
    for n in range(12):
        sink.write({'__key__': f'sub{n % 2}/s{n:04d}', 'left.png': png(n), 'right.png': png(100 + n), 'cls': n % 3, 'json': {'n': n}, 'txt': f'a caption {n}'})
rows = []
for sample in webdataset.WebDataset(root + '/pets-{000..002}.tar', shardshuffle=False):
    for part in ('left.png', 'right.png'):
        rows.append([sample['__key__'] + '.' + part, int(sample['cls']), Image.open(io.BytesIO(sample[part])).getpixel((0, 0))[0]])
print(json.dumps(rows))
`;

test('WebDataset: what its library writes is read as it reads it', needsPython('webdataset', 'PIL'), async (t) => {
  const root = temporary(t);
  const rows = run(webdataset, root) as [string, number, number][];
  assert.equal(rows.length, 24);
  for (const part of [undefined, 'left.png', 'right']) {
    const { train } = await openImages(root, { imageColumn: part });
    const wanted = rows.filter(([key]) => part === undefined || key.includes(`.${part}`));
    const found = [...Array(train.count).keys()].map((i) => [
      train.files?.[i]?.replace(/^pets-\d+\//, ''),
      Number(train.classes?.[train.labels?.[i] as number]),
      pixel(train, i, 0, 0)[0],
    ]);
    assert.deepEqual(found.sort(), wanted.sort(), part);
  }
});

/** Row, class and red value, as the real library reads what it saved, in both formats. */
const datasets = `
import json, sys, warnings, numpy, datasets
from PIL import Image
warnings.filterwarnings('ignore'); datasets.disable_progress_bars()
root = sys.argv[1]
names = ['ant', 'bee', 'cow']
features = datasets.Features(picture=datasets.Image(), kind=datasets.ClassLabel(names=names))
def made(first, last):
    rows = {'picture': [Image.new('RGB', (8, 8), (n, 0, 0)) for n in range(first, last)], 'kind': [n % 3 for n in range(first, last)]}
    return datasets.Dataset.from_dict(rows, features=features)
both = datasets.DatasetDict(train=made(0, 40), test=made(100, 110))
both.save_to_disk(root + '/saved', num_shards={'train': 3, 'test': 1})
for name, part in both.items():
    part.to_parquet(f'{root}/hub/{name}-00000-of-00001.parquet')
seen = {}
for name, part in datasets.load_from_disk(root + '/saved').items():
    seen[name] = [[names[row['kind']], row['picture'].getpixel((0, 0))[0]] for row in part]
print(json.dumps(seen))
`;

test(
  'datasets: what it saves as Arrow and Parquet is read as it reads it',
  needsPython('datasets', 'PIL'),
  async (t) => {
    const root = temporary(t);
    const seen = run(`import os, sys; os.makedirs(sys.argv[1] + '/hub')\n${datasets}`, root) as Record<string, unknown>;
    for (const form of ['saved', 'hub']) {
      const { reference, queries } = await openImages(join(root, form));
      const read = [reference, queries].map((set) =>
        [...Array(set?.count ?? 0).keys()].map((i) => [
          set?.classes?.[set.labels?.[i] as number],
          set && pixel(set, i, 0, 0)[0],
        ]),
      );
      assert.deepEqual(read, [seen.train, seen.test], form);
    }
  },
);
