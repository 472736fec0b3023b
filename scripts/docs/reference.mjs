// `npm run docs:reference`: fills the generated blocks of the pages, each between
// `<!-- generated: NAME ARGUMENT -->` and `<!-- end -->`. --check compares instead of writing.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from '../run.mjs';
import { blocks, methodPages } from './blocks.mjs';
import { pages } from './pages.mjs';

const block = /<!-- generated: (\w+) ?(\S*) -->\n[\s\S]*?<!-- end -->/g;

/** The page with all of its blocks made anew. @param {string} text */
async function filled(text) {
  const made = new Map();
  for (const [whole, name, argument] of text.matchAll(block)) {
    const make = blocks[/** @type {keyof typeof blocks} */ (name)];
    if (!make) throw new Error(`no generated block is called ${name}; there is ${Object.keys(blocks).join(', ')}`);
    const head = whole.slice(0, whole.indexOf('\n'));
    made.set(whole, `${head}\n\n${await make(argument ?? '')}\n\n<!-- end -->`);
  }
  return text.replace(block, (whole) => made.get(whole));
}

for (const page of methodPages.filter((page) => !existsSync(join(root, page)))) {
  console.log(`${page} is missing; docs/internals/add-a-method.md says what is in it`);
  process.exitCode = 1;
}

for (const page of pages()) {
  const text = readFileSync(page, 'utf8');
  const wanted = await filled(text);
  if (wanted === text) continue;
  const name = relative(root, page);
  if (process.argv.includes('--check')) {
    console.log(`${name} is not what the code gives; run \`npm run docs:reference\``);
    process.exitCode = 1;
  } else {
    writeFileSync(page, wanted);
    console.log(`wrote ${name}`);
  }
}
