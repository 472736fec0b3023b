import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { io, liveCount, ones, tensor } from 'tandem-torch';
import { UserError } from '../../src/errors.js';
import { flattenConfig, readConfigFile, resolveConfig, resume } from '../../src/pretrain/index.js';
import type { RandomStream } from '../../src/random.js';
import { readCheckpoint } from '../../src/train/checkpoint.js';
import { loadEncoder } from '../../src/weights/index.js';

/** What a reader may take beyond a file's own size: the reader's pages, the message. */
const bound = 2 ** 21;

/** Words that mean something to a reader of JSON, of tensors or of settings. */
const hostile = [
  ...[
    '"__proto__"',
    '"constructor"',
    '{"__proto__":{"batch":1}}',
    '"toString"',
    'null',
    'true',
    '[]',
    '{}',
    '""',
    '"\\u0000\\n"',
  ],
  ...['-1', '1e308', '1e999', '9007199254740993', '18446744073709551615', '0.5', '-0', '4294967296', 'NaN'],
  ...[
    '"F64"',
    '"BF16"',
    '"BOOL"',
    '"../../../etc/passwd"',
    '"/dev/zero"',
    '[0,0]',
    '[9007199254740991,9007199254740991,0]',
  ],
  ...[
    '['.repeat(2000),
    '{"a":'.repeat(2000),
    `"${'x'.repeat(5000)}"`,
    `[${'1,'.repeat(3000)}1]`,
    `"${'\\n'.repeat(3000)}"`,
  ],
];

/** A file with something in it changed, as a fault or somebody who means ill would. */
function mutated(bytes: Buffer, random: RandomStream, words: readonly string[]): Buffer {
  let out: Buffer = Buffer.from(bytes);
  for (let n = 1 + random.below(3); n > 0; n--) {
    const at = random.below(Math.max(1, out.length));
    const [before, after] = [out.subarray(0, at), out.subarray(at)];
    const word = Buffer.from(words[random.below(words.length)] as string);
    switch (random.below(8)) {
      case 0: // a bit
        if (out.length > 0) out[at] = (out[at] as number) ^ (1 << random.below(8));
        break;
      case 1: // cut
        out = Buffer.from(before);
        break;
      case 2: // a part taken out
        out = Buffer.concat([before, after.subarray(random.below(64))]);
        break;
      case 3: // a part twice
        out = Buffer.concat([before, after.subarray(0, random.below(64)), after]);
        break;
      case 4: // a word put in
        out = Buffer.concat([before, word, after]);
        break;
      case 5: // noise at the end
        out = Buffer.concat([out, Buffer.from(Array.from({ length: random.below(64) }, () => random.below(256)))]);
        break;
      default:
        out = replaced(out, random, word);
    }
  }
  return out;
}

/** A value or name of the JSON in a file replaced by another word. */
function replaced(bytes: Buffer, random: RandomStream, word: Buffer): Buffer {
  const text = bytes.toString('latin1', 0, Math.min(bytes.length, 2 ** 14));
  const tokens = [...text.matchAll(/"(?:\\.|[^"\\])*"|-?\d+(?:\.\d+)?|\[[^[\]{}]*\]|true|false|null/g)];
  const token = tokens[random.below(Math.max(1, tokens.length))];
  if (!token) return bytes;
  return Buffer.concat([bytes.subarray(0, token.index), word, bytes.subarray(token.index + token[0].length)]);
}

/** Makes the length of the header right again, so that what is in it is looked at. */
function withLength(bytes: Buffer, headerBefore: number, grown: number): Buffer {
  const out = Buffer.from(bytes);
  if (out.length >= 8) out.writeBigUInt64LE(BigInt(Math.max(0, headerBefore + grown)));
  return out;
}

/**
 * Runs `read`, which may refuse with one short line, and may take no more memory than the file and
 * the bound.
 */
async function held(size: number, about: string, read: () => unknown): Promise<boolean> {
  const { allocUnsafeSlow, alloc } = Buffer;
  let asked = 0;
  const counting = (make: typeof alloc) =>
    ((length: number, ...rest: []) => {
      asked = Math.max(asked, length);
      return make.call(Buffer, length, ...rest);
    }) as typeof alloc;
  Object.assign(Buffer, { allocUnsafeSlow: counting(allocUnsafeSlow as typeof alloc), alloc: counting(alloc) });
  try {
    await read();
    return true;
  } catch (error) {
    const { message } = error as Error;
    assert.ok(
      error instanceof Error && message.length > 0 && message.length < 700,
      `${about}: ${message.length} characters, ${message.slice(0, 300)}`,
    );
    assert.ok(!/[\n\0]/.test(message), `${about}: ${JSON.stringify(message)}`);
    assert.doesNotMatch(
      message,
      /call stack|is not a function|properties of|is not iterable|undefined|\[object/,
      about,
    );
    const isTold = error instanceof UserError || error instanceof io.SafetensorsError || message.startsWith(about);
    assert.ok(isTold, `${about}: ${(error as Error).stack}`);
    return false;
  } finally {
    Object.assign(Buffer, { allocUnsafeSlow, alloc });
    assert.ok(asked <= size + bound, `${about}: ${asked} bytes were asked for, the file has ${size}`);
  }
}

/** @returns what was found, in words */
export async function fuzzTensors(folder: string, count: number, random: RandomStream): Promise<string> {
  const place = join(folder, 'fuzz');
  mkdirSync(place, { recursive: true });
  const [seed, file] = [join(place, 'seed.safetensors'), join(place, 'mutated.safetensors')];
  const card = JSON.stringify({
    architecture: { backbone: 'resnet8', width: 4, stem: 'small', channels: 3 },
    size: 8,
    mean: [0, 0, 0],
    std: [1, 1, 1],
  });
  const some = {
    'conv1.weight': ones([4, 3, 3, 3]),
    'bn1.running_mean': ones([4]),
    n: tensor([3], { dtype: 'int64' }),
    empty: ones([0, 7]),
  };
  io.saveSafetensors(seed, some, {
    tandem: card,
    progress: '{"step":3,"notes":{}}',
    step: '3',
    sha256: '0'.repeat(64),
  });
  for (const x of Object.values(some)) x.dispose();
  const good = readFileSync(seed);
  const header = Number(good.readBigUInt64LE());
  const [live, memory] = [liveCount(), process.memoryUsage().rss];
  let [accepted, grown] = [0, 0];
  for (let i = 0; i < count; i++) {
    const body = mutated(good, random, hostile);
    const bytes = random.next() < 0.5 ? withLength(body, header, body.length - good.length) : body;
    writeFileSync(file, bytes);
    const readers = [
      () => {
        const { tensors } = io.loadSafetensors(file);
        for (const x of Object.values(tensors)) x.dispose();
      },
      () => loadEncoder(file).encoder.dispose(),
      () => {
        for (const x of Object.values(readCheckpoint(file).tensors)) x.dispose();
      },
    ];
    for (const [which, read] of readers.entries()) {
      const isGood = await held(bytes.length, file, read);
      if (which === 0 && isGood) accepted += 1;
    }
    assert.equal(liveCount(), live, `tensors are left of file ${i}`);
    grown = Math.max(grown, process.memoryUsage().rss - memory);
  }
  rmSync(place, { recursive: true });
  return `${count} mutated safetensors files, ${accepted} still whole, the others refused; memory grew by ${(grown / 2 ** 20).toFixed(0)} MiB at most`;
}

/** @returns what was found, in words */
export async function fuzzConfigs(
  folder: string,
  images: string,
  count: number,
  random: RandomStream,
): Promise<string> {
  const run = join(folder, 'fuzzed-run');
  mkdirSync(run, { recursive: true });
  const file = join(run, 'config.json');
  const config = flattenConfig(resolveConfig({ images, epochs: 2, batch: 8 }));
  const tandem = {
    version: '0',
    libtorch: '1.13.1',
    threads: 1,
    images: { count: 24, channels: 3, height: 32, width: 32 },
  };
  const good = Buffer.from(JSON.stringify({ ...config, extends: 'other.json', tandem }, null, 1));
  writeFileSync(join(run, 'other.json'), '{"epochs": 3}');
  const plain = Object.getOwnPropertyNames(Object.prototype).length;
  const memory = process.memoryUsage().rss;
  let [accepted, grown] = [0, 0];
  for (let i = 0; i < count; i++) {
    const bytes = mutated(good, random, hostile);
    writeFileSync(file, bytes);
    const readers = [
      () => resolveConfig(readConfigFile(file).settings),
      async () => {
        const events = resume(run);
        try {
          await events.next(); // the settings are right: images would be read now
        } finally {
          await events.return(undefined);
        }
      },
    ];
    for (const [which, read] of readers.entries()) {
      const isGood = await held(statSync(file).size, file, read);
      if (which === 0 && isGood) accepted += 1;
    }
    assert.equal(Object.getOwnPropertyNames(Object.prototype).length, plain);
    assert.equal(({} as { batch?: number }).batch, undefined);
    grown = Math.max(grown, process.memoryUsage().rss - memory);
  }
  rmSync(run, { recursive: true });
  return `${count} mutated configurations, ${accepted} still whole, the others refused; memory grew by ${(grown / 2 ** 20).toFixed(0)} MiB at most`;
}
