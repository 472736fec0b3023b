import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { tandemCommand, whereTheUserStands } from '../src/invocation.js';

// What the package managers set, as npm 11, pnpm 10 and yarn 1 were seen to.
const npm = { npm_config_user_agent: 'npm/11.19.1 node/v20.20.2 linux x64 workspaces/false' };
const called = {
  'npx tandem': { ...npm, npm_command: 'exec', npm_lifecycle_event: 'npx' },
  'npm run tandem --': { ...npm, npm_command: 'run', npm_lifecycle_event: 'tandem' },
  'pnpm tandem': { npm_config_user_agent: 'pnpm/10.34.9 npm/? node/v20.20.2 linux x64' },
  'yarn tandem': { npm_config_user_agent: 'yarn/1.22.22 npm/? node/v20.20.2', npm_lifecycle_event: 'tandem' },
  tandem: {},
};

test('the command is told as it was typed', () => {
  for (const [typed, environment] of Object.entries(called)) assert.equal(tandemCommand(environment), typed);
});

test('another script of package.json stays in its folder', () => {
  assert.equal(whereTheUserStands({ INIT_CWD: '/elsewhere', npm_lifecycle_event: 'test' }), process.cwd());
  assert.equal(whereTheUserStands({ INIT_CWD: '/elsewhere', npm_lifecycle_event: 'tandem' }), '/elsewhere');
});

test('npm run tandem resolves paths where the user stands, and hints say how to call it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-stand-'));
  try {
    mkdirSync(join(folder, 'no-run'));
    const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
    const env = { ...process.env, ...called['npm run tandem --'], INIT_CWD: folder };
    const run = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { env, encoding: 'utf8' });
    assert.match(run('report', 'no-run').stderr, /^tandem: no-run: no config\.json in it/);
    assert.match(run('help').stdout, /^ {2}npm run tandem -- pretrain pictures /m);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
