import type { distributed } from 'tandem-torch';
import type { Plan } from '../../train/plan.js';
import type { View } from '../../views/index.js';

/** How a run's encoders are evaluated: what they see of an image, and where they compute. */
export interface EvaluationContext extends Pick<Plan, 'device' | 'memoryFormat'> {
  /** How images are shown to the encoders. */
  readonly view: View;
  /** The processes that share the work; defaults to this one alone. */
  readonly group?: distributed.ProcessGroup | undefined;
}
