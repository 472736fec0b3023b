/**
 * Says of a data set known by name that only a part of it is there, so that its results are not
 * taken for those of the whole.
 *
 * @param parts what is counted, how many there are, and how many there are in the whole
 * @returns the note, or nothing where all are there
 */
export function partialNote(title: string, parts: readonly (readonly [string, number, number])[]): string[] {
  if (parts.every(([, count, whole]) => count === whole)) return [];
  return [`a part of ${title}: ${parts.map(([what, count, whole]) => `${count} of ${whole} ${what}`).join(', ')}`];
}
