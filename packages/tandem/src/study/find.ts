import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { didYouMean, shownName, UsageError, UserError } from '../errors.js';
import { readJson } from '../files/json.js';
import { type Scale, type Study, scaleSchema, studySchema } from './definition.js';

/** A study, and where it stands. */
export interface FoundStudy extends Study {
  /** Its file's name without ending. */
  readonly name: string;
  readonly file: string;
}

/** The studies that come with Tandem: beside the packages, or inside an installed one. */
export function experimentsFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const found = ['../../../experiments', '../../../../../experiments'].map((path) => resolve(here, path));
  const folder = found.find((path) => existsSync(join(path, 'studies')));
  if (folder === undefined) throw new UserError(`the folder experiments is missing; it was looked for at ${found[0]}`);
  return folder;
}

/** All studies that come with Tandem, in the order of their files. */
export function allStudies(): FoundStudy[] {
  return jsonIn(join(experimentsFolder(), 'studies')).map(readStudy);
}

/**
 * The studies of a name: one study, all of a group, or `all`.
 * @throws UsageError naming the nearest where there is none
 */
export function studiesNamed(name: string): FoundStudy[] {
  const all = allStudies();
  const found = all.filter((study) => name === 'all' || study.name === name || study.of === name);
  if (found.length > 0) return found;
  const names = [...new Set(all.flatMap((study) => [study.name, study.of]).filter((x) => x !== '')), 'all'];
  throw new UsageError(`there is no study ${shownName(name)}; there is ${names.join(', ')}.${didYouMean(name, names)}`);
}

/** @throws UserError where the file cannot be read or is no study */
export function readStudy(file: string): FoundStudy {
  const study = readAs(studySchema, file, 'study');
  checkNames(study, file);
  return { ...study, name: basename(file, '.json'), file: resolve(file) };
}

/**
 * A scale by name, or by the path of a file.
 * @throws UsageError where there is none
 */
export function readScale(name: string): Scale & { readonly name: string } {
  const folder = join(experimentsFolder(), 'scales');
  if (name.endsWith('.json')) return { name: basename(name, '.json'), ...readAs(scaleSchema, name, 'scale') };
  const names = jsonIn(folder).map((file) => basename(file, '.json'));
  if (!names.includes(name)) {
    throw new UsageError(
      `there is no scale ${shownName(name)}; there is ${names.join(', ')}, or give a file.${didYouMean(name, names)}`,
    );
  }
  return { name, ...readAs(scaleSchema, join(folder, `${name}.json`), 'scale') };
}

function jsonIn(folder: string): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.sort().map((file) => join(folder, file));
}

function readAs<T>(schema: z.ZodType<T>, file: string, what: string): T {
  let given: Record<string, unknown>;
  try {
    given = readJson(file);
  } catch (error) {
    throw new UserError(`the ${what} ${file} cannot be read: ${(error as Error).message}`);
  }
  const { success, data, error } = schema.safeParse(given);
  if (success) return data;
  const [issue] = error.issues;
  throw new UserError(`${file} is no ${what}: ${issue?.path.join('.') || 'it'}: ${issue?.message}`);
}

/** @throws UserError where a claim, a table or a figure names a row or measure that there is not */
function checkNames({ rows, measures, table = [], figures, claims }: Study, file: string): void {
  const check = (kind: string, known: object, name: string) => {
    if (Object.hasOwn(known, name)) return;
    const names = Object.keys(known);
    throw new UserError(`${file}: there is no ${kind} ${shownName(name)}.${didYouMean(name, names)}`);
  };
  for (const measure of [...table, ...figures.map((figure) => figure.measure)]) check('measure', measures, measure);
  for (const row of figures.flatMap(({ panels }) => panels.flatMap((panel) => panel.rows ?? [])))
    check('row', rows, row);
  for (const { of, against } of claims.flatMap(({ comparisons }) => comparisons)) {
    const others = typeof against === 'object' ? against : [];
    for (const one of [of, ...others]) {
      if (typeof one === 'string') check('row', rows, one);
      else {
        check('row', rows, one.row);
        check('measure', measures, one.measure);
        if (one.minus !== undefined) check('row', rows, one.minus);
      }
    }
  }
}
