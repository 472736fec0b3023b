import { binding } from './binding.js';

/**
 * Has the first SIGINT or SIGTERM write a text to stderr the moment it comes, even in the middle of
 * an operator, when JavaScript has no turn for seconds; a second one then ends the process at once.
 * To be called after `process.on`, whose listeners are still told of the first. Called again, it
 * changes the text.
 * @returns whether this system can do that; Windows cannot
 */
export function announceSignals(text: string): boolean {
  binding.announceSignals?.(text);
  return binding.announceSignals !== undefined;
}

/** Takes that back. To be called before `process.off`. */
export function forgetSignals(): void {
  binding.forgetSignals?.();
}
