import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';

/** A folder that is gone after the tests of a file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-setup-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files, with the folders that they need. */
export function writeAll(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** Runs a module's text in a process of its own, in this package's compiled test folder. */
export function runModule(text: string, env: Readonly<Record<string, string>>): { code: number; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', text], {
    cwd: dirname(new URL(import.meta.url).pathname),
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  return { code: status ?? 1, output: stdout + stderr };
}
