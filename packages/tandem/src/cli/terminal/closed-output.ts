import { reasonOf } from '../../files/system-error.js';

/**
 * Output that nobody takes any more, as of `| head`, is dropped, and the work goes on.
 * Where stdout cannot be written otherwise, such as on a full disk, the process says so at its end
 * and fails: what it was called for is lost.
 */
export function outliveReaders(): void {
  let why: string | undefined;
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The latter of a terminal that closed.
    if (error.code !== 'EPIPE' && error.code !== 'EIO') why ??= reasonOf(error);
  });
  process.once('exit', () => {
    if (why === undefined) return;
    console.error(`tandem: the output cannot be written: ${why}`);
    process.exitCode ||= 1;
  });
}
