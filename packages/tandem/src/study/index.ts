export { allStudies, type FoundStudy, readScale, readStudy, studiesNamed } from './find.js';
export { type Plan, type PlannedRun, type PlannedStudy, type PlanOptions, planStudies } from './plan.js';
export { type QueueOptions, type QueueState, workOff } from './queue.js';
