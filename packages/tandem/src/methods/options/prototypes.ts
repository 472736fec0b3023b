import { z } from 'zod';
import { UserError } from '../../errors.js';
import { temperature } from './shared.js';

/** Options of a head that compares projections with prototypes, and of its teacher's targets. */
export const prototypeOptions = {
  projLayers: z.int().min(1).max(3).default(3).describe('layers of the projector, before the prototypes'),
  projHidden: z.int().positive().default(2048).describe('hidden width of the projector'),
  projDim: z.int().positive().default(256).describe('width in which projections are compared with prototypes'),
  projNorm: z.boolean().default(false).describe('batch norm in the projector; helps ResNets'),
  prototypes: z
    .int()
    .min(2)
    .max(65536)
    .default(4096)
    .describe('directions that projections are compared with; 65536 on ImageNet'),
  fixedGain: z.boolean().default(true).describe('prototypes have length 1; off lets their lengths be learned'),
  freezeLast: z.int().min(0).default(1).describe('first epochs in which the prototypes stand still'),
  ...temperature(0.1),
  teacherTemperature: z
    .number()
    .positive()
    .default(0.04)
    .describe("of the teacher's softmax; above .07 training is unstable, says the paper"),
  teacherTemperatureStart: z.number().positive().default(0.04).describe('of the first epoch, where there is a warm-up'),
  teacherWarmup: z.int().min(0).default(0).describe("epochs in which the teacher's temperature goes from start to end"),
};

interface Warmup {
  readonly teacherTemperature: number;
  readonly teacherTemperatureStart: number;
  readonly teacherWarmup: number;
}

/**
 * The teacher's temperature in an epoch from 1: in a line from the first to the last of the
 * warm-up, both included.
 */
export function temperatureSchedule(o: Warmup): (epoch: number) => number {
  const { teacherTemperature: end, teacherTemperatureStart: start, teacherWarmup: warmup } = o;
  return (epoch) => (epoch > warmup ? end : start + ((end - start) * (epoch - 1)) / Math.max(warmup - 1, 1));
}

/** @throws UserError for the start of a warm-up that there is not */
export function checkWarmup({ teacherTemperatureStart: start, teacherWarmup }: Warmup): void {
  if (teacherWarmup > 0 || start === prototypeOptions.teacherTemperatureStart.parse(undefined)) return;
  throw new UserError(`teacherTemperatureStart=${start} begins a warm-up, and there is none; give teacherWarmup=10`);
}
