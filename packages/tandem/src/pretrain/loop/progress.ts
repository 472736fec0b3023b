import { z } from 'zod';

const count = z.int().min(0);
const duration = z.number().min(0);

/** How far a run is: what a checkpoint remembers besides tensors. */
export const progressSchema = z.object({
  step: count,
  /** Epochs whose metrics are written. */
  epochs: count,
  /** Epochs in a row, up to now, in which the embeddings looked collapsed. */
  suspect: count,
  /** Bytes of `metrics.jsonl`. */
  metricsBytes: count,
  /** Since the start, without the time between an end and a resumption. */
  seconds: duration,
  /** Steps that changed the networks; earlier versions counted all. */
  taken: count.optional(),
  /** Steps skipped one after another, up to this one. */
  skippedInARow: count,
  /** Of the epoch at hand: the sums that its averages come from. */
  sums: z.object({
    steps: count,
    read: count,
    skipped: count,
    seconds: duration,
    losses: z.record(z.string(), z.number()),
  }),
});

/** How far a run has come: what its checkpoint notes beside the tensors. */
export type Progress = Readonly<z.infer<typeof progressSchema>>;

/** Where every run begins. */
export const start: Progress = {
  step: 0,
  epochs: 0,
  suspect: 0,
  metricsBytes: 0,
  seconds: 0,
  skippedInARow: 0,
  sums: { steps: 0, read: 0, skipped: 0, seconds: 0, losses: {} },
};

/** What is known without a checkpoint's notes: its own step, and the lines of `metrics.jsonl`. */
export type Certain = Pick<Progress, 'step' | 'epochs' | 'metricsBytes'>;

/**
 * How far a run is by the notes of its checkpoint. Where some of them cannot be read, the rest and
 * what is certain are enough to resume with good weights.
 * @returns also the names of what was lost
 */
export function readProgress(notes: unknown, certain: Certain): { progress: Progress; lost: string[] } {
  const given = { ...(notes as object | null), step: certain.step };
  const { error } = progressSchema.safeParse(given);
  const lost = new Set(error?.issues.map(({ path: [name] }) => name as keyof Progress));
  const known = { ...start, ...certain };
  const instead = Object.fromEntries([...lost].map((name) => [name, known[name]]));
  return { progress: progressSchema.parse({ ...given, ...instead }), lost: [...lost] };
}
