/** The first words of a list, and how many more there are. */
export function listed(words: readonly string[]): string {
  return words.slice(0, 6).join(', ') + (words.length > 6 ? ` and ${words.length - 6} more` : '');
}
