import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../src/errors.js';
import { readRegular } from '../../src/files/regular.js';
import { cureOf, named, reasonOf, systemMessage, whyOf } from '../../src/files/system-error.js';
import { temporary } from '../support.js';

const error = (code: string, syscall: string, path?: string) =>
  Object.assign(new Error(`${code}: as Node says it, ${syscall}`), { code, syscall, path });

test('what the system says of real files is told with the file, why, and what helps', (t) => {
  const folder = temporary(t);
  const said = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      return systemMessage(error);
    }
    return undefined;
  };
  assert.equal(
    said(() => readFileSync(join(folder, 'none'))),
    `${folder}/none cannot be opened: there is nothing of this name (ENOENT); look at the path; its folder must be there`,
  );
  assert.equal(
    said(() => readRegular(folder)),
    `${folder} cannot be read: a folder stands there (EISDIR); move it away, or give another name`,
  );
  assert.match(
    said(() => writeFileSync(join(folder, 'x'.repeat(300)), '')) ?? '',
    /the name is too long \(ENAMETOOLONG\); give a shorter one$/,
  );
});

test('a package that is not found is one line with both cures', async () => {
  const missing = 'none-of-this-name';
  const found = await import(missing).catch(systemMessage);
  assert.match(
    found,
    /^Cannot find package 'none-of-this-name' imported from .*: install it again; or raise the limit/,
  );
  assert.doesNotMatch(found, /\n/);
});

test('each code that a disk answers with has a cure; whether it was read or written follows from the call', () => {
  for (const code of ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EMFILE', 'ENFILE', 'EIO', 'EFBIG']) {
    const line = systemMessage(error(code, 'fsync', 'a.png')) ?? '';
    assert.match(line, new RegExp(`^a\\.png cannot be written: [a-z ]+ \\(${code}\\); .+$`));
    assert.ok(!line.includes('Node'));
  }
  assert.match(systemMessage(error('EMFILE', 'scandir', 'a')) ?? '', /^a cannot be read: /);
  assert.match(systemMessage(error('EROFS', 'open', 'a')) ?? '', /^a cannot be written: /);
});

test('where the place is wrong the caller may know better; where something is lacking, not', () => {
  assert.equal(
    reasonOf(error('EROFS', 'mkdir'), 'give another --out'),
    'the disk may only be read (EROFS); give another --out',
  );
  assert.equal(reasonOf(error('ENOSPC', 'write'), 'give another --out'), 'the disk is full (ENOSPC); make room');
});

test('other errors stay what they are', () => {
  assert.equal(systemMessage(new UserError('mine')), undefined);
  assert.equal(systemMessage(error('ECONNREFUSED', 'connect')), undefined);
  assert.equal(systemMessage(null), undefined);
  assert.equal(whyOf(new Error('because')), 'because');
  assert.equal(cureOf(new Error('because')), undefined);
  assert.equal(named(error('ENOSPC', 'write'), 'a').path, 'a');
});
