import type { ClassSizes, ClassTable } from '../../evaluate/index.js';
import { percent } from '../../math.js';
import { printable } from '../../text.js';
import { counted } from './counted.js';

/** `top 1 81.00 %, top 5 98.00 %`, the latter where there are more classes than five. */
export function topLine({ accuracy, top5 }: ClassTable): string {
  return `top 1 ${percent(accuracy)}${top5 === undefined ? '' : `, top 5 ${percent(top5)}`}`;
}

/** Classes that a line names. */
const mostNamed = 5;

/** `3 classes (cat 90, dog 80, fox 9); always naming one of them would be right for 50.28 %`. */
export function sizesLine({ sizes, majority }: ClassSizes): string {
  const named = sizes.slice(0, mostNamed).map(([name, size]) => `${printable(name)} ${size.toLocaleString('en')}`);
  const more = sizes.length > named.length ? ', ...' : '';
  return `${counted(sizes.length, 'class', 'classes')} (${named.join(', ')}${more}); always naming the same one is right for ${percent(majority)} at most`;
}

/** What else a classifier is worth: classes counted alike, and how true its probabilities are. */
export function scoreLine({ balanced, macroF1, ece, temperature, eceUncalibrated }: ClassTable): string {
  const before =
    eceUncalibrated === undefined ? '' : ` (${percent(eceUncalibrated)} before temperature ${temperature?.toFixed(2)})`;
  const error = ece === undefined ? '' : `, calibration error ${percent(ece)}${before}`;
  return `  mean of classes ${percent(balanced)}, macro F1 ${percent(macroF1)}${error}`;
}

/** Each class's share, and the class it was most often taken for. */
export function classLines({ perClass, confusion }: ClassTable, classes: readonly string[]): string[] {
  const shown = classes.map(printable); // as wide as they will be
  const width = Math.max(...shown.map((name) => name.length)) + 2;
  return classes.map((name, i) => {
    const share = perClass[name];
    const others = (confusion[i] ?? [])
      .map((count, j) => ({ count, name: classes[j], own: i === j }))
      .filter(({ own }) => !own);
    const worst = others.sort((a, b) => b.count - a.count)[0];
    const taken =
      worst !== undefined && worst.count > 0 ? `  taken for ${worst.name} ${counted(worst.count, 'time')}` : '';
    return `  ${shown[i]?.padEnd(width)}${share == null ? 'no queries' : percent(share).padStart(9)}${taken}`;
  });
}
