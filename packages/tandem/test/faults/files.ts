import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { call, lineOf, whatCameOut } from './runs.js';

const files = [
  'config.json',
  'metrics.jsonl',
  'checkpoint/state.safetensors',
  'checkpoint/previous.safetensors',
  'encoder/encoder.safetensors',
  'encoder/head.safetensors',
  'lock',
];

const damages: Readonly<Record<string, (file: string) => void>> = {
  gone: (file) => rmSync(file),
  empty: (file) => writeFileSync(file, ''),
  torn: (file) => writeFileSync(file, readFileSync(file).subarray(0, readFileSync(file).length / 2)),
  zeroed: (file) => writeFileSync(file, Buffer.alloc(readFileSync(file).length)),
  'its beginning altered': (file) =>
    writeFileSync(file, Buffer.concat([Buffer.from('#'), readFileSync(file).subarray(1)])),
};

/**
 * A run that was killed in its second epoch, and each of its files damaged in each way: it is
 * resumed to the same, damage to what it needs is told, and lines of metrics are all that is lost.
 * @param wanted what came out of an uninterrupted run
 * @returns how many were tried
 */
export async function damageFiles(images: string, folder: string, wanted: object): Promise<number> {
  const [killed, run] = [join(folder, 'killed'), join(folder, 'damaged')];
  const fault = { kind: 'kill', path: 'checkpoint/', calls: ['rename'], from: 5, times: 1 } as const;
  const { signal } = await call(lineOf('clbo', images, killed, ['--epochs', '2', 'saveSteps=2']), { fault });
  assert.equal(signal, 'SIGKILL');
  let tried = 0;
  for (const file of files) {
    for (const [name, damage] of Object.entries(damages)) {
      if (!existsSync(join(killed, file))) continue;
      cpSync(killed, run, { recursive: true });
      damage(join(run, file));
      const { code, stderr } = await call(['resume', run]);
      const about = `${file} ${name}: ${stderr}`;
      assert.equal(code, 0, about);
      const isTold = /config|state/.test(file) && !(name === 'gone' && file.includes('state'));
      if (isTold) assert.ok(stderr.includes(`warning: ${join(run, file)} `), about);
      const { metrics, ...others } = whatCameOut(run, file === 'metrics.jsonl') as { metrics: unknown };
      const { metrics: wantedMetrics, ...wantedOthers } = wanted as { metrics: unknown };
      assert.deepEqual(others, wantedOthers, about);
      if (file !== 'metrics.jsonl') assert.deepEqual(metrics, wantedMetrics, about);
      rmSync(run, { recursive: true, force: true });
      tried += 1;
    }
  }
  rmSync(killed, { recursive: true, force: true });
  return tried;
}
