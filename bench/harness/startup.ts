import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../../../packages/tandem/dist/src/cli/main.js', import.meta.url));

/** Seconds from the start of the process `tandem pretrain` to its first step. */
export async function secondsToFirstStep(
  { method, width, batch }: { method: string; width: number; batch: number },
  dataRoot: string,
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-bench-'));
  const begun = performance.now();
  const words = ['--method', method, '--batch', `${batch}`, '--data-root', dataRoot, '--out', join(folder, 'run')];
  const child = spawn(process.execPath, [cli, 'pretrain', 'cifar10', ...words, `width=${width}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: string[] = [];
  try {
    for await (const line of createInterface({ input: child.stderr })) {
      said.push(line);
      // The last it says before the loop.
      if (/ parameters, .* steps, run folder/.test(line)) return (performance.now() - begun) / 1000;
    }
    throw new Error(`tandem pretrain took no step:\n${said.join('\n')}`);
  } finally {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
}
