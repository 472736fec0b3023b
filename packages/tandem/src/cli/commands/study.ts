import { Command } from 'commander';
import { readStudy } from '../../study/index.js';
import { runStudies, type StudyFlags, withStudyFlags } from '../shared/studies.js';

/** `tandem study <file>`: as reproduce, with a study of one's own. */
export function studyCommand(): Command {
  return withStudyFlags(
    new Command('study')
      .usage('<file> [options]')
      .argument('<file>', 'a study as JSON: rows, seeds, measures, figures, claims (docs/guide/reproducing.md)'),
  ).action((file: string, flags: StudyFlags) => {
    const study = readStudy(file);
    return runStudies(study.name, [study], flags);
  });
}
