import { methods } from '../methods/index.js';
import { runOptions } from '../pretrain/index.js';
import type { Scale } from './definition.js';

type Settings = Readonly<Record<string, unknown>>;

/** The width that a scale's widths are given for. */
const usualWidth = 64;
/** Below it no network can be. */
const leastWidth = 4;

/** What a study sets where nothing else is said: `auto` would depend on the machine. */
const everywhere = { precision: 'float32' };

/**
 * The settings of a configuration at a scale: numbers divided first, then another network, then
 * what the scale sets for all; of these the settings that the method has.
 */
export function scaled(settings: Settings, { divide, least, values, networks, settings: own }: Scale): Settings {
  const known = knownTo(settings);
  const all: Record<string, unknown> = { ...everywhere, ...settings };
  for (const [key, by] of Object.entries(divide)) {
    const before = numberOf(settings, key);
    if (before === undefined || !known.has(key)) continue;
    const floor = Math.min(before, least[key] ?? 0);
    const after = before / by;
    all[key] = Math.max(Number.isInteger(before) ? Math.round(after) : after, floor);
  }
  for (const [key, instead] of Object.entries(values)) {
    if (key in all) all[key] = instead[String(all[key])] ?? all[key];
  }
  const backbone = String(settings.backbone ?? 'resnet18');
  const { backbone: other = backbone, width, ...ownOfNetwork } = networks[backbone] ?? {};
  Object.assign(all, ownOfNetwork, { backbone: other });
  if (width !== undefined) {
    const part = Number(settings.width ?? usualWidth) / usualWidth;
    all.width = Math.max(leastWidth, Math.round(width * part));
  }
  for (const [key, value] of Object.entries(own)) if (known.has(key)) all[key] = value;
  return all;
}

/** A setting's number, its default where nothing names it; undefined where it is none. */
function numberOf(settings: Settings, key: string): number | undefined {
  const shape = runOptions.shape as Record<string, { safeParse(x: unknown): { data?: unknown } } | undefined>;
  const found = settings[key] ?? shape[key]?.safeParse(undefined).data;
  const number = Number(found);
  return found === undefined || Number.isNaN(number) ? undefined : number;
}

function knownTo({ method = 'clbo' }: Settings): ReadonlySet<string> {
  const found = Object.values(methods).find(({ name }) => name === method);
  return new Set([...Object.keys(runOptions.shape), ...Object.keys(found?.options.shape ?? {})]);
}
