import type { OpenedRunFolder } from '../folder/run-folder.js';

/** The run folder as processes see it that write nothing: process 0 alone does. */
export function shadowFolder(path: string): OpenedRunFolder {
  const nothing = () => {};
  return {
    path,
    headFile: path,
    writeConfig: nothing,
    writeStopped: nothing,
    writeSkipped: nothing,
    restoreConfig: nothing,
    confirm: nothing,
    release: nothing,
    appendMetrics: (_, at) => at,
    resumeAfter: (bytes) => bytes,
    metricsUntil: () => ({ epochs: 0, metricsBytes: 0 }),
    encoderFile: () => path,
  };
}
