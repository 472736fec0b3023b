import type { distributed } from 'tandem-torch';
import type { Schedule } from '../train/schedule.js';
import { continuedTo, type Longer, type Turn, turnsOf } from './config/continuation.js';
import type { RunConfig } from './config/options.js';
import type { Settings } from './config/read.js';
import { configured, readRunConfig } from './folder/config-json.js';
import type { ConfigFile } from './folder/run-folder.js';

/** The run's configuration, and what of it is new where the run goes on past its last epoch. */
export type ResumedConfig = ReturnType<typeof readRunConfig> & {
  readonly continued?: ReturnType<typeof continuedTo>;
};

/** @throws UserError where there is none; UsageError where it cannot go on so long */
export function resumedConfig(
  path: string,
  { changes = {}, longer }: { readonly changes?: Settings | undefined; readonly longer?: Longer | undefined },
  group: distributed.ProcessGroup | undefined,
): ResumedConfig {
  if (!longer) return sharedConfig(path, changes, group);
  const found = sharedConfig(path, {}, group);
  const continued = continuedTo(path, found.config.training, longer);
  return { ...found, ...configured({ ...found.configFile, ...continued }, changes), continued };
}

/** The first process reads it for all. */
function sharedConfig(
  path: string,
  changes: Settings,
  group: distributed.ProcessGroup | undefined,
): ReturnType<typeof readRunConfig> {
  if (!group) return readRunConfig(path, changes);
  if (group.rank > 0) return configured(JSON.parse(group.broadcastText('')) as ConfigFile, changes);
  const found = readRunConfig(path, changes);
  group.broadcastText(JSON.stringify(found.configFile));
  return found;
}

/** How a run goes on past its last epoch. */
export function continuedNote({ training }: RunConfig, lr: Schedule, perEpoch: number): string {
  const { after, how } = turnsOf(training).at(-1) as Turn;
  const [first, last] = [lr(after * perEpoch), lr(training.epochs * perEpoch - 1)].map((rate) => rate.toPrecision(3));
  return `after epoch ${after} it goes on to ${training.epochs} (${how}): the learning rate goes from ${first} to ${last}; what else follows the run's length goes by its place in ${training.epochs} epochs`;
}
