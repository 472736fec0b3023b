import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { RandomStream } from '../../../src/random.js';
import type { Outcome } from '../../cli/running.js';
import { smallDisk } from '../disk.js';
import type { Fault } from '../preload.js';
import { checkTold, leftovers } from './checks.js';
import { call, start, type Workshop } from './place.js';
import type { Subject } from './subjects.js';

/** A command as it is when nothing disturbs it. */
export interface Undisturbed {
  /** What was there before, where it replaces something. */
  readonly before: unknown;
  readonly wanted: unknown;
  /** With a picture changed. */
  readonly changed: unknown;
  readonly milliseconds: number;
}

/** What a case works with. */
export interface Case {
  readonly subject: Subject;
  readonly workshop: Workshop;
  readonly undisturbed: Undisturbed;
  readonly random: RandomStream;
  /** For messages. */
  readonly about: string;
}

/** One kind of fault. @returns false where it cannot be tried here */
export type Kind = (one: Case) => Promise<unknown>;

/** Replaces a picture by another. */
export function changePicture(place: string): void {
  copyFileSync(join(place, 'pictures', 'blue', '0003.png'), join(place, 'pictures', 'red', '0003.png'));
}

/** What stands under final names is what was there before, or what is wanted: whole in any case. */
function checkWhole({ subject, undisturbed: { before, wanted }, about }: Case, place: string): void {
  const found = subject.read(place); // throws for what is not whole
  if (found === undefined || subject.grows || same(found, before)) return;
  if (Array.isArray(found) && Array.isArray(wanted)) {
    for (const part of found)
      assert.ok(
        wanted.some((one) => same(one, part)),
        `${about}: not whole: ${part}`,
      );
    return;
  }
  for (const [name, content] of Object.entries(found as object)) {
    assert.deepEqual(content, (wanted as Record<string, unknown>)[name], `${about}: ${name} is not whole`);
  }
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** The command once more, undisturbed: it comes to the same, or had come to it before. */
async function goOn(one: Case, place: string, wanted: readonly unknown[] = [one.undisturbed.wanted]): Promise<void> {
  const { subject, about } = one;
  const line = subject.again?.(place) ?? subject.line;
  // A run that was ended before it had begun has nothing in it; its name is taken all the same.
  if (line === subject.line && subject.grows) rmSync(join(place, 'out'), { recursive: true, force: true });
  const outcome = await call({ ...subject, line }, place);
  const all = `${about}, going on: ${outcome.stderr}`;
  checkTold(outcome, all);
  if (outcome.code !== 0) assert.match(outcome.stderr, /exists already|is at its end/, all);
  const found = subject.read(place);
  assert.ok(
    wanted.some((want) => same(want, found)),
    `${all}: another result`,
  );
  assert.deepEqual(leftovers(place), [], `${all}: left over`);
}

/** Somewhere in the time that the command takes. */
function moment({ undisturbed: { milliseconds }, random }: Case): Promise<unknown> {
  return setTimeout(milliseconds * (0.2 + 0.8 * random.next()));
}

/** Ends the command by a signal at a random moment, and goes on. */
function ended(by: NodeJS.Signals): Kind {
  return async (one) => {
    const place = one.workshop.fresh();
    const running = start(one.subject, place);
    await Promise.race([moment(one), running.ended]);
    running.process.kill(by);
    const outcome = await running.ended;
    // Commands that leave nothing behind are ended by the system.
    if (outcome.signal !== by) checkTold(outcome, one.about);
    if (by !== 'SIGKILL' && outcome.signal === by) assert.doesNotMatch(outcome.stderr, /\n\s+at /);
    checkWhole(one, place);
    await goOn(one, place);
  };
}

const paused: Kind = async (one) => {
  const place = one.workshop.fresh();
  const running = start(one.subject, place);
  await Promise.race([moment(one), running.ended]);
  running.process.kill('SIGSTOP');
  await setTimeout(200 + 300 * one.random.next());
  running.process.kill('SIGCONT');
  checkResult(one, place, await running.ended);
};

/** A command that nothing should have kept from its result. */
function checkResult({ subject, undisturbed, about }: Case, place: string, outcome: Outcome): void {
  assert.equal(outcome.code, 0, `${about}: ${outcome.stderr}`);
  checkTold(outcome, about);
  assert.deepEqual(subject.read(place), undisturbed.wanted, about);
  assert.deepEqual(leftovers(place), [], about);
}

/** The clock moves whenever somebody looks, by so many milliseconds. */
function clock(step: number): Kind {
  return async (one) => {
    const place = one.workshop.fresh();
    const fault: Fault = { kind: 'EIO', path: '\0', from: 1e9, times: 0, clock: step };
    checkResult(one, place, await call(one.subject, place, { fault }));
  };
}

/** A picture changes between a kill and going on: refused, or the result is of what is there. */
const changedBetween: Kind = async (one) => {
  const { subject, undisturbed, workshop, about } = one;
  const place = workshop.fresh();
  const running = start(subject, place);
  await Promise.race([moment(one), running.ended]);
  running.process.kill('SIGKILL');
  await running.ended;
  const finished = same(subject.read(place), undisturbed.wanted);
  changePicture(place);
  const line = subject.again?.(place) ?? subject.line;
  if (line === subject.line && subject.grows) rmSync(join(place, 'out'), { recursive: true, force: true });
  const outcome = await call({ ...subject, line }, place);
  checkTold(outcome, about);
  const found = subject.read(place);
  if (outcome.code !== 0) {
    // Refused, or there was nothing left to do.
    checkWhole(one, place);
    return;
  }
  const isOld = finished && same(found, undisturbed.wanted);
  const both =
    Array.isArray(found) &&
    Array.isArray(undisturbed.changed) &&
    undisturbed.changed.every((x) => found.some((y) => same(x, y)));
  assert.ok(isOld || both || same(found, undisturbed.changed), `${about}: rows of changed pictures: ${outcome.stderr}`);
};

/** A picture changes while the command runs: the result is that of before, or of after. */
const changedDuring: Kind = async (one) => {
  const { subject, undisturbed, workshop, about } = one;
  const place = workshop.fresh();
  const running = start(subject, place);
  await Promise.race([moment(one), running.ended]);
  running.process.kill('SIGSTOP');
  changePicture(place);
  running.process.kill('SIGCONT');
  const outcome = await running.ended;
  checkTold(outcome, about);
  if (outcome.code !== 0) return checkWhole(one, place);
  const found = subject.read(place);
  const isEither = [undisturbed.wanted, undisturbed.changed].some((want) => same(want, found));
  assert.ok(isEither, `${about}: neither of before nor of after: ${outcome.stderr}`);
};

/** The disk has room for so many bytes more, then for all. */
function full(most: number): Kind {
  return async (one) => {
    const { subject, workshop, random, about } = one;
    const at = `${workshop.place}-disk`;
    const disk = smallDisk(at, 2 ** 27);
    if (!disk) return false;
    try {
      const place = workshop.fresh(join(at, 'place'));
      disk.resize(disk.used() + 4096 * (1 + random.below(most / 4096)));
      const outcome = await call(subject, place);
      checkTold(outcome, about);
      checkWhole(one, place);
      if (outcome.code === 0 && !subject.isNoted) assert.deepEqual(subject.read(place), one.undisturbed.wanted, about);
      disk.resize(2 ** 27);
      await goOn(one, place);
    } finally {
      disk.remove();
    }
    return true;
  };
}

const readOnly: Kind = async (one) => {
  const { subject, workshop, undisturbed, about } = one;
  const at = `${workshop.place}-disk`;
  const disk = smallDisk(at, 2 ** 27);
  if (!disk) return false;
  try {
    const place = workshop.fresh(join(at, 'place'));
    disk.open('ro');
    const outcome = await call(subject, place);
    checkTold(outcome, about);
    if (subject.isNoted) assert.match(outcome.stderr, /not recorded in the run: .*EROFS/, about);
    else assert.notEqual(outcome.code, 0, about);
    disk.open('rw');
    checkWhole(one, place);
    await goOn({ ...one, undisturbed }, place);
  } finally {
    disk.remove();
  }
  return true;
};

/** Files may have so many blocks of 512 bytes. */
const shortFiles: Kind = async (one) => {
  const place = one.workshop.fresh();
  const blocks = one.random.below(12);
  await limited(one, place, `ulimit -f ${blocks}`);
};

/** So few files may be open. */
const fewHandles: Kind = async (one) => {
  const place = one.workshop.fresh();
  await limited(one, place, `ulimit -n ${22 + one.random.below(14)}`);
};

async function limited(one: Case, place: string, limit: string): Promise<void> {
  const prefix = ['sh', '-c', `${limit}; exec "$@"`, 'sh'];
  const about = `${one.about} ${limit}`;
  const outcome = await call(one.subject, place, { prefix });
  checkTold(outcome, about);
  checkWhole(one, place);
  const isWhole = outcome.code === 0 && !one.subject.isNoted;
  if (isWhole) assert.deepEqual(one.subject.read(place), one.undisturbed.wanted, `${about}: ${outcome.stderr}`);
  await goOn(one, place);
}

/** Something of the user's stands where the output should go: it stays, and is named. */
const taken: Kind = async (one) => {
  const { subject, workshop, about } = one;
  const place = workshop.fresh();
  const name = subject.outputs[0] as string;
  if (subject.name === 'resume') return false;
  rmSync(join(place, name), { recursive: true, force: true });
  mkdirSync(join(place, name), { recursive: true });
  writeFileSync(join(place, name, 'mine.txt'), 'mine');
  const outcome = await call(subject, place);
  checkTold(outcome, about);
  assert.equal(readFileSync(join(place, name, 'mine.txt'), 'utf8'), 'mine', about);
  const isUsed = ['cache', 'index'].includes(subject.name); // a folder of many sets
  if (!isUsed && !subject.isNoted) assert.notEqual(outcome.code, 0, about);
  if (!isUsed) assert.ok(outcome.stderr.includes(name.split('/').at(-1) as string), `${about}: ${outcome.stderr}`);
  assert.deepEqual(readdirSync(join(place, name)).includes('mine.txt'), true);
  assert.ok(existsSync(place));
  return true;
};

/** What is tried where another command writes almost alike. */
export const fewKinds: readonly string[] = ['SIGKILL', 'disk nearly full', 'few open files'];

/** How often each is tried with each command. */
export const kinds: Readonly<Record<string, { readonly times: number; readonly work: Kind }>> = {
  SIGKILL: { times: 3, work: ended('SIGKILL') },
  SIGINT: { times: 1, work: ended('SIGINT') },
  SIGTERM: { times: 1, work: ended('SIGTERM') },
  'SIGSTOP and SIGCONT': { times: 1, work: paused },
  'clock set back': { times: 1, work: clock(-3_600_000) },
  'clock set forth': { times: 1, work: clock(86_400_000) },
  'pictures changed between': { times: 1, work: changedBetween },
  'pictures changed during': { times: 1, work: changedDuring },
  'disk nearly full': { times: 1, work: full(131_072) },
  'disk full': { times: 1, work: full(8192) },
  'disk read-only': { times: 1, work: readOnly },
  'files of limited size': { times: 1, work: shortFiles },
  'few open files': { times: 1, work: fewHandles },
  'name taken': { times: 1, work: taken },
};
