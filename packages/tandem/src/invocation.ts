/**
 * The command as the user typed it, for hints of what to type next: `npx tandem`,
 * `npm run tandem --`, `pnpm tandem`, or plain `tandem`. Package managers say in the environment
 * what they were asked to run.
 */
export function tandemCommand(
  { npm_config_user_agent: agent = '', npm_lifecycle_event: script } = process.env,
): string {
  if (agent.startsWith('pnpm/')) return 'pnpm tandem';
  if (agent.startsWith('yarn/')) return 'yarn tandem';
  if (script === 'npx') return 'npx tandem';
  return script === 'tandem' ? 'npm run tandem --' : 'tandem';
}

/**
 * The folder where the user stands: a package manager runs a script `tandem` in the folder of
 * `package.json`.
 */
export function whereTheUserStands({ INIT_CWD: start, npm_lifecycle_event: script } = process.env): string {
  return (script === 'tandem' && start) || process.cwd();
}
