import { Command } from 'commander';
import { studiesNamed } from '../../study/index.js';
import { runStudies, type StudyFlags, withStudyFlags } from '../shared/studies.js';

/** `tandem reproduce [study]`: a table, a figure, or all of a paper, from nothing to verdicts. */
export function reproduceCommand(): Command {
  return withStudyFlags(
    new Command('reproduce')
      .usage('[study] [options]')
      .argument('[study]', 'a table or figure, such as table3; all of a paper, such as clbo; or all'),
  ).action(async (name: string | undefined, flags: StudyFlags) => {
    await runStudies(studiesNamed(name ?? 'all'), flags);
  });
}
