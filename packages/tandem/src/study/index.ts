export { allStudies, type FoundStudy, readScale, readStudy, studiesNamed } from './find.js';
export { type Needs, needsOf, type Rate, rateHere } from './forecast.js';
export { type Outcome, plainOutcome } from './outcome/outcome.js';
export { tableMarkdown } from './outcome/table.js';
export type { Verdict } from './outcome/verdicts.js';
export { markdownOf, type Written, writeOutcome } from './outcome/write.js';
export { type Plan, type PlannedRun, type PlannedStudy, type PlanOptions, planStudies } from './plan.js';
export { type QueueOptions, type QueueState, workOff } from './queue.js';
