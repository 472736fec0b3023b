import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { stream } from '../../../src/random.js';
import { temporary } from '../../cli/running.js';
import { damaged } from './damage.js';
import { disturbCommands } from './main.js';
import { here, workshop } from './place.js';

// The short form of `npm run test:faults -- commands`.

const root = temporary({ after });
const windows = process.platform === 'win32' && 'Windows has no such signals';

test('each damage to files of a run and of an encoder: the same comes out, or the file is named', async (t) => {
  const shop = await workshop(join(root, 'damage'));
  let tried = 0;
  await damaged(shop, {
    attempt: async (_command, _kind, about, work) => {
      tried += 1;
      await t.test(about, async () => void (await work()));
    },
    isAsked: (text) => /^resume, damage: killed\/(config|checkpoint\/state|encoder)|^embed, damage: enc/.test(text),
    random: stream(5),
    run: here,
  });
  assert.equal(tried, 24);
});

test('a command that writes is killed, finds the disk full, and may open few files', { skip: windows }, async () => {
  const { total, fallen } = await disturbCommands(join(root, 'commands'), {
    seed: 5,
    isAsked: (text) => /^views, (SIGKILL 1|disk full|few open files 1)/.test(text),
  });
  assert.deepEqual(fallen, []);
  assert.ok(total >= 2, `${total}`); // where no file system can be mounted, none is filled
});
