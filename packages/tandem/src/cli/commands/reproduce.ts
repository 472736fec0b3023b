import { Command } from 'commander';
import { allStudies, studiesNamed } from '../../study/index.js';
import { listNeeds, planFor, runStudies, type StudyFlags, withStudyFlags } from '../shared/studies.js';

/** `tandem reproduce [study]`: a table, a figure, or all of a paper, from nothing to verdicts. */
export function reproduceCommand(): Command {
  return withStudyFlags(
    new Command('reproduce')
      .usage('[study] [options]')
      .argument(
        '[study]',
        'a table or figure, such as table3; all of a paper, such as clbo; or all; without it they are listed',
      ),
  ).action(async (name: string | undefined, flags: StudyFlags) => {
    if (name !== undefined) return runStudies(name, studiesNamed(name), flags);
    const { plan, folder } = planFor(allStudies(), flags);
    listNeeds(plan, folder, flags);
  });
}
