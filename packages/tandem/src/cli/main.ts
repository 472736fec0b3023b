#!/usr/bin/env node
import { whereTheUserStands } from '../invocation.js';
import { run } from './program.js';

const folder = whereTheUserStands();
if (folder !== process.cwd()) process.chdir(folder);
process.exitCode = await run(process.argv.slice(2));
