import { type Job, type Told, work } from './worker.js';

// A process of its own that does jobs of a study, one after another, as it is sent them. It ends
// when the process that began it is gone, after the step at hand.

const stop = new AbortController();
const tell = (told: Told) => void (process.connected && process.send?.(told));

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
process.on('disconnect', () => stop.abort());
process.on('message', (job: Job) => {
  void work(job, tell, stop.signal).then(
    (kind) => tell({ kind }),
    (error: unknown) => tell({ kind: 'failed', why: error instanceof Error ? error.message : String(error) }),
  );
});
