/** Whether there is a process of this number, dead ones that nobody has collected included. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'; // it may be another user's
  }
}
