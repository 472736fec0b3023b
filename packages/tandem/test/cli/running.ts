import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { manualSeed } from 'tandem-torch';
import { run } from '../../src/cli/program.js';
import { buildEncoder } from '../../src/networks/index.js';
import { stream } from '../../src/random.js';
import { type EncoderCard, saveEncoder } from '../../src/weights/index.js';

/** What a command left behind. */
export interface Outcome {
  readonly code: number | null;
  readonly signal?: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A network that learns a few hundred images in a second. */
export const tiny = ['backbone=resnet10', 'width=4', 'stem=strided', 'projHidden=16', 'projDim=16'];

/**
 * Runs a command line in this process: libtorch is started already. Help goes to stdout unseen, so
 * ask a child for that.
 */
export async function tandem(t: TestContext, ...argv: string[]): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  const log = t.mock.method(console, 'log', (line: string) => {
    stdout += `${line}\n`;
  });
  const write = t.mock.method(process.stderr, 'write', (text: string) => {
    stderr += text;
    return true;
  });
  const error = t.mock.method(console, 'error', (line: string) => {
    stderr += `${line}\n`;
  });
  try {
    return { code: await run(argv), stdout, stderr };
  } finally {
    for (const mock of [log, write, error]) mock.mock.restore();
  }
}

/** A command line in a process of its own. */
export interface Child {
  readonly process: ChildProcess;
  /** Waits until stderr holds `text` so many times. @throws when the process ends before */
  says(text: string, times?: number): Promise<void>;
  readonly ended: Promise<Outcome>;
}

const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

export function start(argv: readonly string[], cwd?: string): Child {
  const child = spawn(process.execPath, [main, ...argv], { cwd, env: { ...process.env, TANDEM_THREADS: '1' } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const says = (text: string, times = 1) =>
    new Promise<void>((resolve, reject) => {
      const look = () => stderr.split(text).length > times && resolve();
      child.stderr.on('data', look);
      look();
      void ended.then(() => reject(new Error(`ended before '${text}': ${stderr}`)));
    });
  return { process: child, says, ended };
}

/** A folder that goes when the test, or the file's tests, end. */
export function temporary(t: { after(fn: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-cli-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Noisy pictures of 32x32 in one colour a class, in class folders unless there is one class only.
 */
export async function pictures(
  folder: string,
  each: number,
  classes: readonly string[] = ['blue', 'red'],
): Promise<string> {
  const side = 32;
  for (const [c, name] of classes.entries()) {
    const place = classes.length > 1 ? join(folder, name) : folder;
    mkdirSync(place, { recursive: true });
    for (let i = 0; i < each; i++) {
      const random = stream(i, c);
      const data = Uint8Array.from(
        { length: 3 * side * side },
        (_, at) => random.below(128) + (at % 3 === 2 * c ? 0 : 127),
      );
      const file = join(place, `${String(i).padStart(4, '0')}.png`);
      await sharp(data, { raw: { width: side, height: side, channels: 3 } })
        .png({ compressionLevel: 1 })
        .toFile(file);
    }
  }
  return folder;
}

/** How `encoderFile` is fed. */
export const card = {
  architecture: { backbone: 'resnet8', width: 4, stem: 'strided', channels: 3 },
  size: 16,
  mean: [0.5, 0.5, 0.5],
  std: [0.25, 0.25, 0.25],
} satisfies EncoderCard;

/** Writes an encoder that has learned nothing, of 16 features. */
export function encoderFile(file: string): string {
  manualSeed(0);
  const encoder = buildEncoder(card.architecture);
  saveEncoder(file, encoder, card);
  encoder.dispose();
  return file;
}

/** A run's metrics, one entry an epoch. */
export function metricsOf(run: string): Record<string, number>[] {
  const text = readFileSync(join(run, 'metrics.jsonl'), 'utf8');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

export function writeJson(file: string, value: unknown): string {
  writeFileSync(file, JSON.stringify(value));
  return file;
}
