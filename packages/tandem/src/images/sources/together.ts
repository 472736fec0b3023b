import { basename, resolve } from 'node:path';
import type { Content, Source } from './source.js';

/**
 * Several sources as one: a path begins with the name of the one it is from, which may so name a
 * class or a split.
 *
 * @param where what stands for all of them, for messages
 * @param places where each is, in the order of the sources
 */
export function together(where: string, sources: readonly Source[], places: readonly string[]): Source {
  const names = distinct(places.map((place) => basename(resolve(place))));
  const owner = new Map<string, { readonly source: Source; readonly path: string; readonly name: string }>();
  for (const [i, source] of sources.entries()) {
    const name = names[i] as string;
    for (const path of source.paths) owner.set(`${name}/${path}`, { source, path, name });
  }
  const prefixed = (list: (source: Source) => readonly string[]) =>
    sources.flatMap((source, i) => list(source).map((path) => `${names[i]}/${path}`));
  const wantedOf = (source: Source, paths: readonly string[]) =>
    paths.flatMap((path, index) => {
      const own = owner.get(path);
      return own?.source === source ? [{ index, path: own.path }] : [];
    });
  return {
    name: names.join('-').slice(0, 60),
    where,
    paths: [...owner.keys()].sort(),
    said(path) {
      const own = owner.get(path);
      const said = own?.source.said?.(own.path);
      return said?.folders && own ? { ...said, folders: [own.name, ...said.folders] } : said;
    },
    faults: sources.flatMap(({ faults }, i) =>
      faults.map(({ file, reason }) => ({ file: `${names[i]}/${file}`, reason })),
    ),
    notes: sources.flatMap(({ notes }, i) => notes.map((note) => `${names[i]}: ${note}`)),
    others: prefixed(({ others }) => others),
    origins: (paths) => sources.flatMap((source) => source.origins(wantedOf(source, paths).map(({ path }) => path))),
    async *contents(paths, signal) {
      for (const source of sources) {
        const wanted = wantedOf(source, paths);
        if (wanted.length === 0) continue;
        const own = wanted.map(({ path }) => path);
        for await (const content of source.contents(own, signal)) {
          yield { ...content, index: wanted[content.index]?.index as number } satisfies Content;
        }
      }
    },
  };
}

/** Names that occur twice get a number. */
function distinct(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return before === 0 ? name : `${name}-${before + 1}`;
  });
}
