import { UsageError } from '../../errors.js';

/**
 * How the learning rate goes on past what was to be the last epoch: up again, and down over the
 * epochs that are added, with the warm-up (Loshchilov and Hutter, 2017, warm restarts); as it was
 * in the last epoch; or as if the run had been planned that long.
 */
export const continuations = ['restart', 'constant', 'stretch'] as const;
/** One of them. */
export type Continuation = (typeof continuations)[number];

/** How long a run is planned. */
interface Planned {
  readonly epochs: number;
  readonly continued?: string | undefined;
  /** Epochs. */
  readonly warmup: number;
  readonly decay: string;
}

/** Where a schedule goes on otherwise. */
export interface Turn {
  /** The last epoch before it. */
  readonly after: number;
  readonly how: Continuation;
}

/** What the setting `continued` says, as `200:restart,300:constant`. */
export const continuedPattern = new RegExp(
  `^[1-9]\\d*:(${continuations.join('|')})(,[1-9]\\d*:(${continuations.join('|')}))*$`,
);

/** The turns of a schedule that `continued` says, in order. */
export function turnsOf({ continued }: Pick<Planned, 'continued'>): Turn[] {
  return (continued?.split(',') ?? []).map((part) => {
    const [after, how] = part.split(':') as [string, Continuation];
    return { after: Number(after), how };
  });
}

/** @throws UsageError for turns out of order, past the end, or too short for the warm-up */
export function checkContinued(settings: Omit<Planned, 'decay'>): void {
  const turns = turnsOf(settings);
  turns.forEach(({ after, how }, i) => {
    const [before, end] = [turns[i - 1]?.after ?? 0, turns[i + 1]?.after ?? settings.epochs];
    if (after <= before || after >= end) {
      throw new UsageError(
        `continued=${settings.continued} must name epochs in order, before the last, ${settings.epochs}`,
      );
    }
    const epochs = how === 'restart' ? end - after : end;
    if (settings.warmup >= epochs) {
      throw new UsageError(`warmup must be shorter than each part of the run: ${settings.warmup} of ${epochs} epochs`);
    }
  });
  const [first] = turns;
  if (first && settings.warmup >= first.after) {
    throw new UsageError(
      `warmup must be shorter than each part of the run: ${settings.warmup} of ${first.after} epochs`,
    );
  }
}

/** How far a run is to go, and how. */
export interface Longer {
  /** Epochs of the whole run. */
  readonly epochs: number;
  /** Needed wherever the learning rate falls. */
  readonly how?: Continuation | undefined;
}

/**
 * The settings of a run that goes on past its last epoch; undefined where it is as long already.
 * @throws UsageError where it would be shorter, or it must be said how the learning rate goes on
 */
export function continuedTo(
  run: string,
  { epochs, decay, continued }: Omit<Planned, 'warmup'>,
  { epochs: wanted, how = decay === 'constant' ? 'constant' : undefined }: Longer,
): Required<Pick<Planned, 'epochs' | 'continued'>> | undefined {
  if (wanted === epochs) return undefined;
  if (wanted < epochs) {
    throw new UsageError(
      `${run} has ${epochs} epochs, which --epochs ${wanted} cannot take back; stopAt=${wanted} stops it there`,
    );
  }
  if (how === undefined) {
    throw new UsageError(
      `the learning rate of ${run} falls until epoch ${epochs}; say how it goes on: --then restart (up again, and down until epoch ${wanted}), --then constant (as in epoch ${epochs}) or --then stretch (as if ${wanted} epochs had been planned)`,
    );
  }
  return {
    epochs: wanted,
    continued: [...(continued === undefined ? [] : [continued]), `${epochs}:${how}`].join(','),
  };
}
