/**
 * Refuses keys that are no options of `name`: JavaScript itself would pass over a misspelt one in
 * silence.
 */
export function refuseUnknown(name: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw new TypeError(`${name}: unknown option '${key}'; it takes ${known.join(', ')}`);
  }
}
