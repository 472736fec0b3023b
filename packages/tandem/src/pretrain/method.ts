import { type Device, manualSeed } from 'tandem-torch';
import { UsageError } from '../errors.js';
import { averaged, type Method } from '../methods/index.js';
import { type Architecture, buildEncoder, freezeFirst, type Head, type NewEncoder } from '../networks/index.js';
import { findEncoder, findHead } from '../runs/encoder-files.js';
import type { View } from '../views/index.js';
import { loadHead } from '../weights/head.js';
import { initEncoder } from '../weights/init.js';
import type { BaseModel } from './base-model.js';
import type { RunConfig } from './config/options.js';
import { type LoadedTeacher, loadTeacher } from './teacher.js';
import type { TrainingData } from './training-data.js';

/** What a method is built of beside its settings. */
export interface MethodParts {
  /** Of its encoders. */
  readonly architecture: Architecture;
  /** One for each view of an image. */
  readonly views: readonly [View, ...View[]];
  /** Where its networks are. */
  readonly device: Device;
  /** What is learned from. */
  readonly trainingData: TrainingData;
  /** It is disposed once the method is built. */
  readonly baseModel: BaseModel | undefined;
}

/** A method with its networks. */
export interface BuiltMethod {
  /** What learns. */
  readonly method: Method;
  /** The trained network that it imitates. */
  readonly teacher?: LoadedTeacher | undefined;
  /** What the user should know of the weights that it begins with. */
  readonly notes: readonly string[];
}

/** @throws UserError where settings, images and the given networks do not go together */
export function buildMethod(config: RunConfig, parts: MethodParts): BuiltMethod {
  checkViewCount(config, parts.views.length);
  const { network, execution } = config;
  const { views, device, trainingData, baseModel } = parts;
  const place = { device, memoryFormat: execution.memoryFormat };
  const teacher = network.teacher === undefined ? undefined : loadTeacher(network.teacher, views[0], place);
  // After the teacher, which draws too while it is built: with any teacher the student begins the
  // same.
  manualSeed(execution.seed);
  const notes = new Set<string>();
  const { classes } = trainingData;
  const supervision = classes && { classes, head: baseModel?.head };
  const built = config.method.build(encoders(config, parts, notes), views, teacher?.teacher, supervision);
  if (network.initFrom !== undefined) initHead(built, network.initFrom, notes);
  const { averageWeights: keeps } = config.training;
  const method = keeps === undefined ? built : averaged(built, { keeps, architecture: parts.architecture });
  for (const part of [baseModel?.encoder, baseModel?.head]) part?.dispose();
  return { method, teacher, notes: [...notes, ...(teacher?.notes ?? [])] };
}

function checkViewCount({ method: { name, views: takes }, views }: RunConfig, count: number): void {
  const { least, most } = takes;
  if (count >= least && count <= most) return;
  const wanted = least === most ? `${least}` : `${least} ${most === Infinity ? 'or more' : `to ${most}`}`;
  const what =
    typeof views.views === 'object'
      ? `the list of views has ${count}`
      : `views=${views.views} makes ${count} views of an image`;
  throw new UsageError(`${what}; ${name} takes ${wanted}`);
}

/**
 * What makes the method's encoders, with the weights they are to begin with.
 * @param notes what the user should know of those is added
 */
function encoders(
  { method, network, training, execution }: RunConfig,
  parts: MethodParts,
  notes: Set<string>,
): NewEncoder {
  const { initFrom, dropPath } = network;
  const { architecture, baseModel, device } = parts;
  const fromScratch = 'fromScratch' in method.options && method.options.fromScratch;
  if (baseModel?.note !== undefined) notes.add(baseModel.note);
  return (form, other) => {
    const encoder = buildEncoder(other ?? architecture, { dropPath, ...form });
    if (baseModel && !fromScratch) encoder.loadStateDict(baseModel.encoder.stateDict());
    if (initFrom !== undefined && !other)
      for (const note of initEncoder(encoder, findEncoder(initFrom))) notes.add(note);
    if (training.freeze !== undefined && !other) freezeFirst(encoder, training.freeze);
    return encoder.to({ device, memoryFormat: execution.memoryFormat });
  };
}

/** The head of a run to start from goes with its encoder where the method has one of that shape. */
function initHead({ student, teacher }: Method, run: string, notes: Set<string>): void {
  const file = findHead(run);
  if (file === undefined) return;
  const { head } = loadHead(file);
  const shapeOf = ({ shape: { splits: _, ...shape } }: Head) => JSON.stringify(shape);
  const alike = shapeOf(head) === shapeOf(student.head);
  if (alike) for (const network of [student, teacher]) network?.head.loadStateDict(head.stateDict());
  else notes.add(`the head of ${run} is of another shape, so this one begins fresh`);
  head.dispose();
}
