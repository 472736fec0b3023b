export { EnvironmentError, type Place, placeOf } from './environment.js';
export { freePort } from './free-port.js';
export { GradientSums, type SumOptions } from './gradient-sums.js';
export { type GroupOptions, hasDist, initProcessGroup } from './init.js';
export { JoinError } from './meeting.js';
export type { Member } from './monitor.js';
export { Collective, LostProcessError, type Operation, ProcessGroup, type Wait } from './process-group.js';
