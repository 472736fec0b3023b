import { z } from 'zod';
import { UserError } from '../../errors.js';
import { type Branch, type Encoder, newBranch } from '../../networks/index.js';

/** Options of the head of a student whose projections are to be those of a teacher. */
export const studentHead = {
  projLayers: z.int().min(0).max(3).default(2).describe('layers of the projector'),
  projHidden: z.int().positive().optional().describe('hidden width of the projector; defaults to that of the features'),
  projDim: z
    .int()
    .positive()
    .optional()
    .describe("width of the projection; the teacher's, which it must be, or 128 without one"),
  projNorm: z.boolean().default(false).describe('batch norm in the projector; the authors have none'),
};

interface StudentHead {
  readonly projLayers: number;
  readonly projHidden?: number | undefined;
  readonly projDim?: number | undefined;
  readonly projNorm: boolean;
  readonly splits?: number;
}

/** A student as wide as its teacher. @throws UserError where the options ask for another width */
export function newStudent(encoder: Encoder, o: StudentHead, teacher?: { readonly width: number }): Branch {
  const { projHidden = encoder.featureWidth, projDim = teacher?.width ?? 128 } = o;
  const student = newBranch(encoder, { ...o, projHidden, projDim });
  const { outputWidth } = student.head;
  if (teacher === undefined || outputWidth === teacher.width) return student;
  student.dispose();
  const cure = o.projLayers === 0 ? 'give projLayers=2' : 'leave projDim out';
  throw new UserError(
    `the teacher gives ${teacher.width} numbers for an image, the student would give ${outputWidth}; ${cure}`,
  );
}
