import assert from 'node:assert/strict';
import test from 'node:test';
import { methods } from '../../src/methods/index.js';
import { describeOptions, runOptions } from '../../src/pretrain/index.js';
import { start, tandem } from './running.js';

test('--help shows the commands and how to begin, without starting libtorch', async () => {
  const { code, stdout } = await start(['--help']).ended;
  assert.equal(code, 0);
  for (const text of ['doctor', 'pretrain', 'knn', 'Begin with:', 'tandem pretrain pictures'])
    assert.ok(stdout.includes(text), text);
});

test('help pretrain --all lists every setting with its default', async () => {
  const { code, stdout } = await start(['help', 'pretrain', '--all']).ended;
  assert.equal(code, 0);
  const text = stdout.replace(/\s+/g, ' ');
  for (const schema of [runOptions, ...Object.values(methods).map(({ options }) => options)]) {
    for (const { name, kind, choices = [], defaultsTo, description, aliases } of describeOptions(schema)) {
      if (name === 'images') continue;
      // --init stands for initFrom; CLBO's own setting init has no flag.
      const named = name === 'initFrom' ? 'init' : name === 'init' ? '' : name;
      const flag = `--${named.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} <`;
      assert.ok(text.includes(` ${name}=${defaultsTo || `<${kind}>`} `) || text.includes(flag), name);
      assert.ok(text.includes(`${description}${choices.length ? ` [${choices.join(', ')}]` : ''}`), description);
      if (aliases.length > 0) assert.ok(text.includes(` (also: ${aliases.join(', ')})`), name);
      if (defaultsTo && text.includes(flag)) assert.ok(text.includes(`(default: ${defaultsTo})`), name);
    }
  }
});

test('pretrain --help is short; with a method it shows that one’s settings too', async () => {
  const [{ stdout: short }, { stdout: byol }, { stdout: asSetting }] = await Promise.all([
    start(['pretrain', '--help']).ended,
    start(['pretrain', '--method', 'byol', '--help']).ended,
    start(['pretrain', '--help', 'method=byol']).ended,
  ]);
  assert.equal(asSetting, byol);
  assert.ok(short.split('\n').length <= 52, `${short.split('\n').length} lines`);
  for (const text of ['--epochs', 'width=<n>', '--help --all']) assert.ok(short.includes(text), text);
  for (const text of ['predHidden', 'larsTrust', '--precision']) assert.ok(!short.includes(text), text);
  assert.ok(byol.includes('Settings of --method byol') && byol.includes('predHidden='));
  assert.ok(!byol.includes('Settings of --method moco'));
});

test('--version is one word', async () => {
  const { code, stdout } = await start(['--version']).ended;
  assert.equal(code, 0);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

test('wrong usage exits with 2 and says nothing on stdout', async () => {
  const { code, stdout, stderr } = await start(['pretrian', 'pictures']).ended;
  assert.deepEqual([code, stdout, stderr], [2, '', "tandem: unknown command 'pretrian'. Did you mean 'pretrain'?\n"]);
});

test('--json of a command that fails leaves stdout empty', async (t) => {
  const { code, stdout, stderr } = await tandem(t, 'knn', 'nowhere', 'pictures', '--json');
  assert.deepEqual([code, stdout], [1, '']);
  assert.equal(stderr, 'tandem: nowhere: there is no such run folder or encoder file\n');
});

const wrong: [line: string, message: RegExp][] = [
  ['similar pictures', /unknown command 'similar': `tandem index` and .*; docs\/guide\/search\.md shows how$/m],
  ['train pictures', /unknown command 'train': `tandem pretrain` learns an encoder$/m],
  ['evaluate run', /unknown command 'evaluate': `tandem knn` and `tandem linear` measure an encoder$/m],
  ['frobnicate', /unknown command 'frobnicate'\. `tandem --help` lists what there is$/m],
  ['constructor', /unknown command 'constructor'\. /],
  ['doctor --jsn', /unknown option '--jsn'\. Did you mean '--json'\?/],
  ['doctor now', /too many arguments for 'doctor'/],
  ['pretrain', /which images\?/],
  ['pretrain lr=1', /which images\?/],
  ['pretrain pictures --epoch 3', /unknown option '--epoch'\. Did you mean '--epochs'\?/],
  ['pretrain pictures --epochs=x', /epochs must be a number, got "x"/],
  ['pretrain pictures --width 16', /unknown option '--width': width is a setting, given as width=\.\.\./],
  ['pretrain pictures --lambda0=1', /unknown option '--lambda0=1': lambda0 is a setting, given as lambda0=1/],
  ['pretrain pictures --widht=16', /unknown option '--widht=16'\. Did you mean 'width=16'\?/],
  ['pretrain pictures --dryrun', /unknown option '--dryrun'\. Did you mean '--dry-run'\?/],
  ['pretrain pictures --all', /option '--all' goes with --help/],
  ['pretrain pictures -x', /unknown option '-x'/],
  ['pretrain pictures --lr', /option '--lr <rate>' argument missing/],
  ['pretrain pictures budget=2m', /'budget=2m' is no setting: budget is a flag, given as --budget 2m/],
  ['pretrain pictures more', /'more' is no setting: the images come first/],
  ['pretrain lr=1 pictures', /'pictures' is no setting: the images come first/],
  ['pretrain pictures widht=4', /unknown setting 'widht' for clbo\. Did you mean 'width'\?/],
  ['pretrain pictures --backbone resnt18', /Did you mean 'resnet18'\?/],
  ['pretrain pictures --backbone resnet19', /Did you mean 'resnet18'\?/],
  ['pretrain pictures --method clboo', /unknown method 'clboo'; .*Did you mean 'clbo'\?/],
  ['pretrain pictures --preset authors', /unknown preset 'authors'; there is paper, official/],
  ['pretrain pictures --out=', /--out must name a folder/],
  ['pretrain pictures --batch 1', /batch must be at least 2, got 1/],
  ['pretrain pictures --device gpu', /device 'gpu' is not here; there is cpu/],
  ['pretrain --help --method byl', /unknown method 'byl'; .*Did you mean 'byol'\?/],
  ['pretrain --help method=byl', /unknown method 'byl'; .*Did you mean 'byol'\?/],
  ['distill --help --method byol', /distill has no method 'byol'; there is .*seed/],
  ['knn run', /missing required argument 'images': tandem knn <run\|encoder> <images>/],
  ['knn run pictures --temprature 3', /unknown option '--temprature'\. Did you mean '--temperature'\?/],
  ['knn run pictures --k 0', /--k must be a whole number of at least 1, got 0/],
  ['knn run pictures --k 1.5', /--k must be a whole number of at least 1, got 1\.5/],
  ['knn run pictures --limit many', /--limit must be a whole number of at least 1, got many/],
  ['knn run pictures --temperature 0', /--temperature must be a number above 0, got 0/],
  [
    'knn run pictures --temperature 1e39',
    /--temperature must be at most 3\.4e38, the largest number of float32, got 1e39/,
  ],
  ['linear run pictures --weight-decay 1e39', /--weight-decay must be at most 3\.4e38/],
  ['pretrain pictures lr=1e39', /lr must be at most 3\.4e38, the largest number of float32, got 1e\+39/],
  ['pretrain pictures --lr 1e999', /lr must be at most 3\.4e38, the largest number of float32, got Infinity/],
  ['pretrain pictures weightDecay=1e300', /weightDecay must be at most 3\.4e38/],
  ['knn run pictures --device gpu', /device 'gpu' is not here/],
];

for (const [line, message] of wrong) {
  test(`wrong usage: ${line}`, async (t) => {
    const { code, stdout, stderr } = await tandem(t, ...line.split(' '));
    assert.match(stderr, message);
    assert.match(stderr, /^tandem: .*\n$/);
    assert.deepEqual([code, stdout], [2, '']);
  });
}

test('doctor reports as JSON, and its exit code says whether something is wrong', async (t) => {
  const { code, stdout } = await tandem(t, 'doctor', '--json');
  const found = JSON.parse(stdout);
  assert.equal(code, found.problems.length > 0 ? 1 : 0);
  assert.ok(found.devices.includes('cpu') && found.threads >= 1 && found.gemmGflops > 0 && found.convolutionGflops > 0);
  for (const key of ['tandem', 'node', 'libtorch', 'processor', 'cores', 'blas', 'bfloat16'])
    assert.ok(key in found, key);
});
