// `npm run test:faults`: the long form of what the tests in this folder do in a minute.
// `npm run test:faults -- kills` for one part. `npm run test:faults -- endure 30` runs for half an
// hour, and only when asked for.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { distributed } from 'tandem-torch';
import { stream } from '../../src/random.js';
import { pictures } from '../cli/running.js';
import { movingClock } from './clock.js';
import { disturbCommands, tableOf } from './commands/main.js';
import { failingRun, forever, fullDisk, readOnlyDisk, wholeRun } from './disk.js';
import { endure } from './endure.js';
import { damageFiles } from './files.js';
import { fuzzConfigs, fuzzTensors } from './fuzz.js';
import { killRuns } from './kills.js';
import { fullDiskOfFirst, type Loss, launchers, loseProcess, record, summaryOf, undisturbed } from './processes.js';
import { call, cases, lineOf } from './runs.js';
import { tearCheckpoint } from './torn.js';

const seed = Number(process.env.TANDEM_FAULT_SEED ?? 1);
const folder = mkdtempSync(join(tmpdir(), 'tandem-faults-'));
const images = join(folder, 'pictures');
const asked = process.argv.slice(2);
const started = Date.now();

function say(text: string): void {
  console.log(`${((Date.now() - started) / 1000).toFixed(0).padStart(5)} s  ${text}`);
}

const parts: Record<string, () => Promise<void>> = {
  async kills() {
    const all = { kills: 0, inWrites: 0, runs: 0 };
    for (const [which, name] of Object.keys(cases).entries()) {
      for (const [half, precision] of ['float32', 'bfloat16'].entries()) {
        const random = stream(seed, which, half);
        const more = [`precision=${precision}`];
        const done = await killRuns(name, images, join(folder, 'kills'), { kills: 6, random, more });
        for (const key of ['kills', 'inWrites', 'runs'] as const) all[key] += done[key];
        say(
          `${name} ${precision}: ${done.kills} kills, ${done.inWrites} of them in writes; ${done.runs} runs equal to the whole one`,
        );
      }
    }
    say(`kills: ${all.kills}, ${all.inWrites} of them in writes; ${all.runs} runs compared, 0 lost`);
  },
  // `processes two-hosts 20 losses.json`: by one of the launchers, so often; appends to a file.
  async processes() {
    if (!distributed.hasDist() || process.platform !== 'linux') return say('processes: not with this engine or system');
    const [name = 'processes', times = '20', file] = asked[0] === 'processes' ? asked.slice(1) : [];
    const launcher = launchers.find((one) => one.name === name);
    if (!launcher) throw new Error(`processes: one of ${launchers.map((one) => one.name).join(', ')}, got ${name}`);
    const whole = await undisturbed(images, join(folder, 'undisturbed'), launcher);
    const random = stream(seed, 77);
    const losses: Loss[] = [];
    while (losses.length < Number(times)) {
      const loss = await loseProcess(images, join(folder, 'losing'), launcher, whole, random);
      losses.push(loss);
      if (file) record(file, loss);
      say(`processes: ${loss.signal} of ${loss.rank}: ${loss.seconds?.toFixed(1) ?? 'at its end'} s; ${loss.said}`);
    }
    for (const name of ['SIGKILL', 'SIGSTOP']) {
      const times = losses.flatMap(({ signal, seconds }) => (signal === name ? (seconds ?? []) : []));
      say(`processes: ${name} ${times.length} times, the others ended within ${Math.max(0, ...times).toFixed(1)} s`);
    }
    say('processes: all resumed runs equal to the undisturbed one');
    if (file) console.log(`\n${summaryOf(file)}\n`);
    if (launcher.prefix) return;
    if (await fullDiskOfFirst(images, join(folder, 'full')))
      say("processes: the first one's disk is full: both end with its line, and go on once there is room");
  },
  async clock() {
    const wanted = await wholeRun(images, join(folder, 'in-time'));
    const steps = [-3_600_000, -2000, -1, 60_000, 86_400_000];
    for (const step of steps) await movingClock('clbo', images, join(folder, 'clock'), step, wanted);
    say(`clock: ${steps.length} runs killed and resumed while it moved, all equal to the whole one`);
  },
  async files() {
    const wanted = await wholeRun(images, join(folder, 'undamaged'));
    say(`files: ${await damageFiles(images, folder, wanted)} damaged files, all runs equal to the whole one`);
  },
  async torn() {
    const run = join(folder, 'run');
    const { code, stderr } = await call(lineOf('clbo', images, run, ['--epochs', '1', 'saveSteps=2']));
    if (code !== 0) throw new Error(stderr);
    say(
      `torn: ${tearCheckpoint(run, folder, stream(seed, 99))} torn or altered checkpoints, all found out, the one before used`,
    );
  },
  async disk() {
    const wanted = await wholeRun(images, join(folder, 'wanted'));
    let [failed, byThemselves] = [0, 0];
    for (const kind of ['ENOSPC', 'EIO', 'EDQUOT', 'EROFS'] as const) {
      for (const path of ['checkpoint/', 'encoder/', 'metrics.jsonl', 'config.json', 'lock']) {
        for (const times of [2, forever]) {
          const from = path === 'checkpoint/' ? 1 + (failed % 9) : 1;
          byThemselves += Number(
            await failingRun(images, join(folder, 'failing'), { kind, path, from, times }, wanted),
          );
          failed += 1;
        }
      }
    }
    for (const call of ['open', 'write', 'sync', 'rename']) {
      for (const path of ['checkpoint/', 'encoder/', 'metrics.jsonl']) {
        if (call === 'rename' && path === 'metrics.jsonl') continue;
        const failing = { kind: 'EIO', path, calls: [call], from: 2, times: 3 } as const;
        byThemselves += Number(await failingRun(images, join(folder, 'failing'), failing, wanted));
        failed += 1;
      }
    }
    say(
      `disk: ${failed} runs with failing writes, ${byThemselves} went on by themselves, the others when resumed; all equal`,
    );
    if (await readOnlyDisk(images, join(folder, 'disk'), wanted))
      say('disk: one that may only be read is told, and the run equal later');
    let full = 0;
    for (const kilobytes of [4, 32, 64, 96, 128, 160]) {
      const said = await fullDisk(images, join(folder, 'disk'), kilobytes * 1024, wanted);
      if (said === undefined) return say('disk: no file system could be mounted here, so none was filled');
      full += 1;
    }
    say(`disk: ${full} full file systems, all runs equal once there was room`);
  },
  async commands() {
    say(`commands: seed ${seed}`);
    // `commands '^embed|disk'`: of the descriptions that are printed, those that fit.
    const wanted = new RegExp(asked[0] === 'commands' ? asked.slice(1).join(' ') : '');
    const isAsked = (text: string) => wanted.test(text);
    const tried = await disturbCommands(join(folder, 'commands'), { seed, isAsked, say });
    say(`commands: ${tried.total} cases, ${tried.fallen.length} fell\n\n${tableOf(tried)}\n`);
    if (tried.fallen.length > 0) throw new Error(`these fell:\n${tried.fallen.join('\n')}`);
  },
  async fuzz() {
    say(`fuzz: ${await fuzzTensors(folder, 5000, stream(seed, 7))}`);
    say(`fuzz: ${await fuzzConfigs(folder, images, 5000, stream(seed, 8))}`);
  },
};

try {
  mkdirSync(images);
  await pictures(images, 12);
  for (const [name, part] of Object.entries(parts)) {
    if (asked.length === 0 || asked.includes(name)) await part();
  }
  if (asked[0] === 'endure') say(`endure: ${await endure(images, folder, Number(asked[1] ?? 30))}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
