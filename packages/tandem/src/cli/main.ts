#!/usr/bin/env node
import { systemMessage } from '../files/system-error.js';

try {
  // Loaded here, so that a system that opens no more files for the program itself is one line too.
  const { whereTheUserStands } = await import('../invocation.js');
  const { run } = await import('./program.js');
  const { outliveReaders } = await import('./terminal/closed-output.js');
  outliveReaders();
  const folder = whereTheUserStands();
  if (folder !== process.cwd()) process.chdir(folder);
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  const message = systemMessage(error);
  if (message === undefined) throw error;
  console.error(`tandem: ${message}`);
  process.exitCode = 1;
}
