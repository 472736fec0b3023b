import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type PretrainEvent, pretrain, resolveConfig, resume } from '../../src/pretrain/index.js';
import { readRun } from '../../src/runs/index.js';
import { pictures, temporary, tiny } from '../cli/running.js';
import { whatCameOut } from '../faults/runs.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const settings = { ...Object.fromEntries(tiny.map((word) => word.split('='))), images, size: 16, batch: 20, epochs: 2 };

before(async () => {
  await pictures(images, 20);
});

/** Runs until the end, or until `when` picks an event and aborts the signal. */
async function through(
  begin: (signal: AbortSignal) => AsyncIterable<PretrainEvent>,
  when: (event: PretrainEvent) => boolean = () => false,
): Promise<PretrainEvent[]> {
  const controller = new AbortController();
  const events: PretrainEvent[] = [];
  for await (const event of begin(controller.signal)) {
    events.push(event);
    if (when(event)) controller.abort();
  }
  return events;
}

const begun = (out: string, more: object = {}, when?: (event: PretrainEvent) => boolean) =>
  through((signal) => pretrain(resolveConfig({ ...settings, ...more }), { out, signal }), when);
const resumed = (run: string, when?: (event: PretrainEvent) => boolean) =>
  through((signal) => resume(run, { signal }), when);
const warnings = (events: readonly PretrainEvent[]) => events.flatMap((x) => (x.kind === 'warning' ? [x.text] : []));
const atStep = (step: number) => (event: PretrainEvent) => event.kind === 'step' && event.step === step;

/** The first event of a resumption that is refused. */
const refused = (run: string, message: RegExp) =>
  assert.rejects(resumed(run), (error: Error) => {
    assert.equal(error.name, 'UserError');
    assert.match(error.message, message);
    assert.ok(!error.message.includes('\n') && error.message.length < 600, error.message);
    return true;
  });

let whole: object;
const half = join(root, 'half');

test('an interrupted run resumes as if it had not been interrupted', async () => {
  const out = join(root, 'whole');
  await begun(out);
  whole = whatCameOut(out);
  await begun(half, {}, atStep(3));
  const run = join(root, 'on');
  cpSync(half, run, { recursive: true });
  const events = await resumed(run);
  const start = events.find(({ kind }) => kind === 'start');
  assert.ok(start?.kind === 'start' && start.from === 3);
  assert.deepEqual(warnings(events), []);
  assert.deepEqual(whatCameOut(run), whole);
  assert.deepEqual(readdirSync(run).sort(), ['checkpoint', 'config.json', 'encoder', 'metrics.jsonl']);
});

for (const teacherBn of ['own', 'reestimated']) {
  test(`cut short at any moment of an evaluation, the epoch is written when the run resumes; ${teacherBn}`, async () => {
    const out = join(root, `whole-${teacherBn}`);
    const events = await begun(out, { teacherBn });
    const looks = events.filter(({ kind }) => kind === 'evaluation').length;
    for (const stop of [1, Math.ceil(looks / 2), looks]) {
      const run = join(root, `look-${teacherBn}-${stop}`);
      let seen = 0;
      await begun(run, { teacherBn }, ({ kind }) => {
        seen += Number(kind === 'evaluation');
        return seen === stop && kind === 'evaluation';
      });
      await resumed(run);
      assert.deepEqual(whatCameOut(run), whatCameOut(out), `look ${stop} of ${looks}`);
    }
  });
}

/** A copy of the run that was interrupted, with something done to it. */
async function spoilt(name: string, spoil: (run: string) => void): Promise<string> {
  const run = join(root, name);
  cpSync(half, run, { recursive: true });
  spoil(run);
  return run;
}

const state = (run: string, name = 'state') => join(run, 'checkpoint', `${name}.safetensors`);

test('a damaged checkpoint is reported, and the one before used; where none is whole the run begins again, with a warning', async () => {
  const run = await spoilt('damaged', (run) => {
    cpSync(state(run), state(run, 'previous'));
    writeFileSync(state(run), readFileSync(state(run)).subarray(0, 4096));
  });
  const [word, ...more] = warnings(await resumed(run));
  assert.match(
    word as string,
    /state\.safetensors is put aside as damaged: not a safetensors file: a header of \d+ bytes does not fit$/,
  );
  assert.deepEqual(more, []);
  assert.deepEqual(whatCameOut(run), whole);

  const hopeless = await spoilt('hopeless', (run) => {
    for (const name of ['state', 'previous']) writeFileSync(state(run, name), 'no tensors');
  });
  const words = warnings(await resumed(hopeless));
  assert.equal(words.length, 3);
  assert.equal(words[2], 'no checkpoint is whole: the run begins again, from step 0');
  assert.deepEqual(whatCameOut(hopeless), whole);
  assert.ok(existsSync(`${state(hopeless)}.damaged`) && existsSync(`${state(hopeless, 'previous')}.damaged`));
});

test('lost metrics are reported, and what is left stays', async () => {
  const run = await spoilt('lost', (run) => rmSync(join(run, 'metrics.jsonl')));
  const events = await resumed(run);
  assert.match(
    warnings(events)[0] ?? '',
    /^$|metrics\.jsonl is shorter than it was: lines of epochs before step 3 are lost$/,
  );
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').split('\n').filter(Boolean);
  assert.deepEqual(lines.map((line) => JSON.parse(line).epoch).at(-1), 2);
});

test('what is no run, or at its end, or trained already, is refused with one line', async () => {
  await refused(join(root, 'nowhere'), /nowhere is no run folder: there is no config\.json in it$/);
  await refused(
    join(root, 'whole'),
    /whole is at its end: all 2 epochs are done; write its report with: tandem report .*whole; learn longer with: tandem resume .*whole --epochs 4 --then restart; or in a new run that starts from it with: tandem pretrain .*pictures --init .*whole$/,
  );
  const run = await spoilt('busy', () => {});
  const events = resume(run);
  await events.next();
  await refused(run, new RegExp(`busy is being trained by process ${process.pid}$`));
  await events.return(undefined);
  assert.equal(existsSync(join(run, 'lock')), false, 'given back after every end');
});

test('other images are refused, and the lock given back', async () => {
  const config = (run: string) => join(run, 'config.json');
  const changed = await spoilt('images', (run) => {
    const others = join(root, 'others');
    cpSync(images, others, { recursive: true });
    cpSync(join(others, 'red', '0001.png'), join(others, 'red', '0000.png'));
    writeFileSync(
      config(run),
      readFileSync(config(run), 'utf8').replace(JSON.stringify(images), JSON.stringify(others)),
    );
  });
  await refused(changed, /was begun with 40 of 3x\d+x\d+ images, now there are as many others: put the former back/);
  const fewer = await spoilt('fewer', (run) => {
    const some = join(root, 'some');
    cpSync(images, some, { recursive: true });
    rmSync(join(some, 'red', '0000.png'));
    writeFileSync(config(run), readFileSync(config(run), 'utf8').replace(JSON.stringify(images), JSON.stringify(some)));
  });
  await refused(fewer, /was begun with 40 of 3x\d+x\d+ images, now there are 39 of .*: it cannot resume with others$/);
  const gone = await spoilt('gone', (run) => {
    const text = readFileSync(config(run), 'utf8').replace(JSON.stringify(images), '"./pictures-of-old"');
    writeFileSync(config(run), text.replace(JSON.stringify(process.cwd()), '"/elsewhere"'));
  });
  await refused(gone, /pictures-of-old: no such folder or archive.*; the run was begun in the folder \/elsewhere$/);
  for (const run of [changed, fewer, gone]) assert.equal(existsSync(join(run, 'lock')), false);
});

test('a checkpoint of other networks is refused', async () => {
  const run = await spoilt('wider', (run) => {
    const file = join(run, 'config.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"width": 4', '"width": 8'));
  });
  await refused(
    run,
    /wider: the checkpoint is of another run: 'student\.encoder\.conv1\.weight' is float32 \[4,3,3,3\] in it, float32 \[8,/,
  );
});

test('other threads or another libtorch are reported', async () => {
  const run = await spoilt('threads', (run) => {
    const file = join(run, 'config.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"threads": \d+/, '"threads": 77'));
  });
  const [word] = warnings(await resumed(run, ({ kind }) => kind === 'start'));
  assert.match(
    word as string,
    /^begun with 77 threads on libtorch .*, resumed with \d+ threads on libtorch .*: the last bits may differ$/,
  );
});

test('a damaged line of metrics is reported when the run resumes, and stays', async () => {
  const more = await begunUntilSecondEpoch('line');
  const file = join(more, 'metrics.jsonl');
  const damaged = `#${readFileSync(file, 'utf8').slice(1)}`;
  writeFileSync(file, damaged);
  assert.deepEqual(warnings(await resumed(more)), [
    `${file}:1 is damaged: it is not a JSON object; take that line out to use the others`,
  ]);
  assert.ok(readFileSync(file, 'utf8').startsWith(damaged));
});

/** A run that was interrupted after its first line of metrics. */
async function begunUntilSecondEpoch(name: string): Promise<string> {
  const run = join(root, name);
  await begun(run, {}, ({ kind }) => kind === 'epoch');
  return run;
}

test('an interrupted run leaves word in stopped.json, which goes when it resumes', async () => {
  const run = await spoilt('interrupted', () => {});
  const word = JSON.parse(readFileSync(join(run, 'stopped.json'), 'utf8'));
  assert.deepEqual(word, { step: 3, saved: 3, reason: 'interrupted' });
  await resumed(run);
  assert.equal(existsSync(join(run, 'stopped.json')), false);
});

const configFile = (run: string) => join(run, 'config.json');

for (const [name, spoil] of [
  ['gone', (file: string) => rmSync(file)],
  ['empty', (file: string) => writeFileSync(file, '')],
  ['torn', (file: string) => writeFileSync(file, readFileSync(file).subarray(0, 300))],
  ['zeroed', (file: string) => writeFileSync(file, Buffer.alloc(2000))],
  [
    'a setting that is none',
    (file: string) => writeFileSync(file, readFileSync(file, 'utf8').replace('"batch"', '"bat#h"')),
  ],
] as const) {
  test(`config.json ${name}: the run resumes by the copy in its checkpoint, and the file is written anew`, async () => {
    const run = await spoilt(`config-${name}`, (run) => spoil(configFile(run)));
    const damaged = existsSync(configFile(run)) ? readFileSync(configFile(run)) : undefined;
    const [word, ...more] = warnings(await resumed(run));
    const fault = damaged ? /config\.json cannot be used: .*/ : /config\.json is gone/;
    assert.match(word ?? '', new RegExp(`${fault.source}; it is written anew from the copy in the checkpoint$`));
    assert.deepEqual(more, []);
    assert.deepEqual(whatCameOut(run), whole);
    assert.deepEqual(readFileSync(configFile(run)), readFileSync(configFile(half)));
    const aside = `${configFile(run)}.damaged`;
    assert.deepEqual(existsSync(aside) ? readFileSync(aside) : undefined, damaged);
  });
}

test('config.json and the newest checkpoint damaged: the copy in the one before serves', async () => {
  const run = await spoilt('config-and-state', (run) => {
    cpSync(state(run), state(run, 'previous'));
    writeFileSync(state(run), 'no tensors');
    rmSync(configFile(run));
  });
  assert.equal(warnings(await resumed(run)).length, 2);
  assert.deepEqual(whatCameOut(run), whole);
});

test('config.json gone from a run at its end: it is written anew', async () => {
  const run = join(root, 'ended');
  cpSync(join(root, 'whole'), run, { recursive: true });
  rmSync(configFile(run));
  assert.throws(() => readRun(run), /ended: its config\.json is gone; written anew .* by: tandem resume /);
  await refused(run, /is at its end/);
  assert.deepEqual(readRun(run).config, readRun(half).config);
});

test('config.json gone where checkpoints have no copy of it: what is missing is said', async () => {
  const run = join(root, 'old');
  cpSync(fileURLToPath(new URL('../../../test/fixtures/old-run', import.meta.url)), run, { recursive: true });
  rmSync(configFile(run));
  await refused(run, /config\.json is gone, and no checkpoint in .* has a copy of its settings: put config\.json back/);
});

test('settings in config.json that changed since the last save are reported', async () => {
  const run = await spoilt('edited', (run) => {
    const text = readFileSync(configFile(run), 'utf8');
    writeFileSync(
      configFile(run),
      text.replace('"epochs": 2', '"epochs": 3').replace('"saveSteps": 0', '"saveSteps": 5'),
    );
  });
  const [word, ...more] = warnings(await resumed(run, ({ kind }) => kind === 'start'));
  assert.equal(
    word,
    "config.json was changed since the last save: 'epochs' is 3, was 2; the run resumes with what it says now",
  );
  assert.deepEqual(more, []);
});

test('a config.json that is damaged or means ill is refused with one short line', async () => {
  const run = join(root, 'hostile');
  mkdirSync(run);
  const good = JSON.parse(readFileSync(join(half, 'config.json'), 'utf8'));
  const text = (changes: object) => JSON.stringify({ ...good, ...changes });
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  const hostile: [string, RegExp][] = [
    ['', /config\.json cannot be used: it is not JSON: line 1, column 1: a value is missing$/],
    [text({}).slice(0, 200), /it is not JSON: line 1, column \d+: [^\n]+$/],
    ['null', /must be a JSON object/],
    ['[]', /must be a JSON object/],
    ['{}', /images is missing/],
    [text({}).replace('{', '{"__proto__": {"batch": 1}, '), /unknown setting '__proto__' for clbo/],
    [text({}).replace('{', '{"constructor": 1, '), /unknown setting 'constructor' for clbo/],
    [
      text({}).replace('"batch":20', `"batch":${deep}`),
      /batch must be a number, got a list$|batch must be .*, got a list$/,
    ],
    [text({}).replace('"method":"clbo"', `"method":${deep}`), /unknown method 'a list'/],
    [text({}).replace('"stem":"strided"', `"stem":${deep}`), /unknown stem a list; there is small/],
    [text({ images: 'x'.repeat(2 ** 20) }), /larger than 1 MiB$/],
    [text({ ['x'.repeat(100_000)]: 1 }), /unknown setting "x{80}\.\.\." for clbo/],
    [text({ backbone: 'y'.repeat(100_000) }), /unknown backbone "y{80}\.\.\."/],
    [text({ 'a\nb\u001b[31m': 1 }), /unknown setting "a\\nb\\u001b\[31m" for clbo/],
    [text({ batch: 1e300 }), /batch must be/],
    [text({ epochs: -1 }), /epochs must be at least 1, got -1$/],
    [text({ tandem: null }), /what it says of its machine is not whole$/],
    [text({ tandem: { threads: 'one' } }), /what it says of its machine is not whole$/],
    [text({ method: 'barlow' }), /unknown method 'barlow'.*Did you mean 'barlow-twins'\?$/],
  ];
  for (const [json, message] of hostile) {
    writeFileSync(join(run, 'config.json'), json);
    await refused(run, message);
  }
  assert.deepEqual(readdirSync(run), ['config.json']);
});
