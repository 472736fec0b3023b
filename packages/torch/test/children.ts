import { spawn } from 'node:child_process';

/** How a child process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where children find the engine; a worker's source needs the address too. */
export const engine = new URL('../src/index.js', import.meta.url).href;

/**
 * Runs `body`, a module in which `torch` is the engine, in a process of its own; stops it after
 * `limit` ms, which leaves room for sanitizers.
 */
export function runChild(body: string, flags: readonly string[] = [], limit = 300_000): Promise<Ended> {
  const source = `import * as torch from ${JSON.stringify(engine)};\nconst engine = ${JSON.stringify(engine)};\n${body}`;
  // The parent's reporter must not be mistaken for the child's.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, [...flags, '--input-type=module', '--eval', source], {
    env,
    timeout: limit,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** Runs `body` and reads the JSON it prints. @throws when it fails, with its errors. */
export async function askChild<T>(body: string, flags: readonly string[] = []): Promise<T> {
  const { code, signal, stdout, stderr } = await runChild(body, flags);
  if (code !== 0) throw new Error(`the child ended with ${signal ?? code}: ${stderr}`);
  return JSON.parse(stdout) as T;
}
