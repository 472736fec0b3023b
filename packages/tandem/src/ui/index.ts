export { type ShownRuns, showRuns, type UiOptions } from './ui.js';
