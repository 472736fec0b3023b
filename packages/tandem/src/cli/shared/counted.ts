/** `1 picture`, `2,000 pictures`; `1 class`, `3 classes`. */
export function counted(n: number, one: string, more = `${one}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? one : more}`;
}
