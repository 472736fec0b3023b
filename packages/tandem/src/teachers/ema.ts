/** What an exponential moving average keeps of itself at a step. */
export type EmaSchedule = (position: { readonly step: number; readonly steps: number }) => number;

/**
 * `eta` at every step, or rising from it to 1 by half a cosine, eta_k = 1 - (1 - eta)(cos(pi k / K) + 1) / 2 for step k of K, as BYOL
 * does (deepmind/deepmind-research). The last step that is taken, K - 1, stays just below 1.
 */
export function emaSchedule({ eta, etaSchedule }: { eta: number; etaSchedule: 'constant' | 'cosine' }): EmaSchedule {
  if (etaSchedule === 'constant') return () => eta;
  return ({ step, steps }) => 1 - ((1 - eta) * (Math.cos((Math.PI * step) / steps) + 1)) / 2;
}
