import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { digest } from '../../files/digest.js';
import { readJson } from '../../files/json.js';
import { type ImageDefinition, useImages } from '../../images/index.js';
import { type MethodDefinition, useMethod } from '../../methods/index.js';
import { type BackboneDefinition, useBackbone } from '../../networks/index.js';
import { savedNotes } from '../../train/checkpoint.js';
import { useView, type ViewDefinition } from '../../views/index.js';
import { runOptions } from '../config/options.js';

/** What can be made known by its name: what `defineMethod` and the like give. */
export type Definition = MethodDefinition | BackboneDefinition | ViewDefinition | ImageDefinition;

/** A file of definitions that was used. */
export interface UsedFile {
  /** Its path, from the root. */
  readonly file: string;
  /** Of its bytes; what it imports is not in it. */
  readonly sha256: string;
}

/**
 * Makes definitions known by their names, in this process: themselves, or all that a file exports.
 * To use one twice changes nothing.
 * @throws UserError where a name is taken, or a file cannot be loaded or exports no definition
 */
export async function use(...all: readonly (Definition | string)[]): Promise<void> {
  for (const one of all) {
    if (typeof one === 'string') await useFile(one);
    else useDefinition(one);
  }
}

/** Makes one definition known by its name. @throws UserError where that is taken */
export function useDefinition(definition: Definition): void {
  if (definition.kind === 'method') useMethod(definition, Object.keys(runOptions.shape));
  else if (definition.kind === 'backbone') useBackbone(definition);
  else if (definition.kind === 'view') useView(definition);
  else useImages(definition);
}

/** The state of files that were used. @throws UserError for one that is gone */
export function usedFiles(files: readonly string[]): UsedFile[] {
  return files.map((name) => {
    const file = resolve(name);
    if (!statSync(file, { throwIfNoEntry: false })?.isFile())
      throw new UserError(`--use ${name}: there is no such file`);
    return { file, sha256: digest([file]) };
  });
}

async function useFile(name: string): Promise<void> {
  const [{ file }] = usedFiles([name]) as [UsedFile];
  if (/\.[cm]?ts$/.test(file) && !readsTypeScript()) {
    const compiled = basename(file).replace(/ts$/, 'js');
    throw new UserError(
      `--use ${name}: this Node (${process.version}) reads no TypeScript. Use Node 22.18 or later, or compile it (npx tsc ${basename(file)} --module nodenext) and give ${compiled}`,
    );
  }
  const exported = await importing(name, file);
  const definitions = Object.values(exported).flat().filter(isDefinition);
  if (definitions.length === 0) {
    throw new UserError(
      `--use ${name}: it exports nothing that defineMethod, defineBackbone, defineView or defineImages gave`,
    );
  }
  for (const definition of definitions) useDefinition(definition);
}

/** Whether this Node runs TypeScript by leaving its types out. */
function readsTypeScript(): boolean {
  return 'typescript' in process.features && Boolean(process.features.typescript);
}

async function importing(name: string, file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code, message = String(error) } = error as NodeJS.ErrnoException;
    const [line = ''] = message.split('\n');
    const isOurs = code === 'ERR_MODULE_NOT_FOUND' && /'tandem-(vision|torch)'/.test(line);
    const cure = isOurs ? '; install it where that file lies: npm install tandem-vision' : '';
    throw new UserError(`--use ${name} cannot be loaded: ${line}${cure}`, { cause: error });
  }
}

function isDefinition(value: unknown): value is Definition {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  return ['method', 'backbone', 'view', 'images'].some((kind) => kind === value.kind);
}

/**
 * Uses the files that a run was begun with.
 * @throws UserError where one is gone, or is another than it was
 */
export async function useAsBegun(run: string): Promise<void> {
  for (const { file, sha256 } of filesOf(run)) {
    const begun = `${run} was begun with --use ${file}`;
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
      throw new UserError(`${begun}, which is gone: put it back, or begin a new run`);
    }
    if (digest([file]) !== sha256) {
      throw new UserError(`${begun}, which was changed since: put the former back, or begin a new run`);
    }
    await useFile(file);
  }
}

const usedSchema = z.object({ tandem: z.object({ use: z.array(z.object({ file: z.string(), sha256: z.string() })) }) });

/** What config.json says, or its copy in a checkpoint where it cannot be read. */
function filesOf(run: string): readonly UsedFile[] {
  const file = join(run, 'config.json');
  const copies = existsSync(file)
    ? [readOr(file)]
    : [...savedNotes(run)].map((notes) => (notes as { config?: unknown } | null)?.config);
  const [found] = copies.map((copy) => usedSchema.safeParse(copy)).filter(({ success }) => success);
  return found?.data?.tandem.use ?? [];
}

/** Undefined for a damaged file, of which others speak. */
function readOr(file: string): unknown {
  try {
    return readJson(file);
  } catch {
    return undefined;
  }
}
