import { Command, CommanderError } from 'commander';
import { UserError } from '../errors.js';
import { demoCommand } from './demo.js';
import { doctorCommand } from './doctor.js';
import { Exit } from './exit.js';
import { knnCommand } from './knn.js';
import { pretrainCommand } from './pretrain.js';

/**
 * Runs one command line. @returns the exit code: 0 done, 1 failed with one clear line, 2 wrong usage, 130 interrupted
 */
export async function run(argv: readonly string[]): Promise<number> {
  const program = new Command('tandem')
    .description('Learns image encoders from pictures without labels.')
    .version('0.1.0')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'tandem: ')) });
  for (const command of [doctorCommand(), pretrainCommand(), knnCommand(), demoCommand()]) {
    program.addCommand(command.exitOverride().showSuggestionAfterError().configureOutput(program.configureOutput()));
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof Exit) return error.code;
    if (error instanceof UserError) {
      console.error(`tandem: ${error.message}`);
      return error.exitCode;
    }
    console.error(`tandem: ${error instanceof Error ? error.message.split('\n')[0] : error}`);
    if (process.env.TANDEM_DEBUG) console.error(error);
    return 1;
  }
}
