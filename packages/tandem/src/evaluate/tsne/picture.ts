import { markup, printable } from '../../text.js';

/** What to draw. */
export interface ScatterPicture {
  /** x and y of each point, one after another. */
  readonly points: ArrayLike<number>;
  /** The class of each point, an index into `classes`. */
  readonly labels: ArrayLike<number>;
  /** Their names, for the legend. */
  readonly classes: readonly string[];
  /** What stands above the picture. */
  readonly title: string;
  /** What stands below the picture, line by line. */
  readonly notes: readonly string[];
}

/**
 * Ten colours that people with any colour vision distinguish (Petroff, "Accessible color sequences
 * for data visualization", 2021).
 */
const colours = [
  ...['#3f90da', '#ffa90e', '#bd1f01', '#94a4a2', '#832db6'],
  ...['#a96b59', '#e76300', '#b9ac70', '#717581', '#92dadd'],
] as const;

/** Beyond ten classes the mark changes. Each is a path around 0, 0. */
const marks = [
  'm-2,0a2,2 0 1,0 4,0a2,2 0 1,0 -4,0',
  'm0,-2.6l2.4,4.2h-4.8z',
  'm-1.8,-1.8h3.6v3.6h-3.6z',
  'm0,-2.7l2.7,2.7l-2.7,2.7l-2.7,-2.7z',
];

/** More classes than this cannot be distinguished, and have no legend. */
const legible = colours.length * marks.length;

const [side, margin, top, line] = [800, 20, 50, 20];

/**
 * A picture of points in the plane, coloured by class, with a legend: SVG that needs nothing else.
 */
export function scatterSvg({ points, labels, classes, title, notes }: ScatterPicture): string {
  const place = placer(points);
  const paths = classes.map(() => [] as string[]);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    const mark = marks[Math.floor(label / colours.length) % marks.length];
    paths[label]?.push(`M${place(points[2 * i] as number, 0)},${place(points[2 * i + 1] as number, 1)}${mark}`);
  }
  const hasLegend = classes.length <= legible;
  const legendHeight = hasLegend ? classes.length * line : 0;
  const width =
    side + 2 * margin + (hasLegend ? 30 + 8 * Math.max(...classes.map((name) => printable(name).length)) : 0);
  const height = top + Math.max(side, legendHeight) + margin + notes.length * line;
  const text = (x: number, y: number, words: string, more = '') =>
    `<text x="${x}" y="${y}"${more}>${markup(words)}</text>`;
  const legend = classes.map((name, i) => {
    const [x, y] = [side + 2 * margin, top + 10 + i * line];
    const mark = marks[Math.floor(i / colours.length) % marks.length];
    return `<g fill="${colour(i)}"><path transform="translate(${x},${y}) scale(2.4)" d="M0,0${mark}"/></g>${text(x + 14, y + 5, name)}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="14" fill="#222">`,
    `<title>${markup(title)}</title>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    text(margin, 30, title, ' font-size="18"'),
    ...paths.map(
      (d, i) =>
        `<g fill="${colour(i)}" fill-opacity=".75"><title>${markup(classes[i] as string)}</title><path d="${d.join('')}"/></g>`,
    ),
    ...(hasLegend ? legend : []),
    ...notes.map((note, i) => text(margin, height - margin - (notes.length - 1 - i) * line, note)),
    '</svg>\n',
  ].join('\n');
}

function colour(label: number): string {
  return colours[label % colours.length] as string;
}

/** Fits the points into the square, both axes at one scale. */
function placer(points: ArrayLike<number>): (value: number, axis: 0 | 1) => string {
  const ends = [0, 1].map((axis) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = axis; i < points.length; i += 2) {
      low = Math.min(low, points[i] as number);
      high = Math.max(high, points[i] as number);
    }
    return { middle: (low + high) / 2, extent: high - low };
  });
  const scale = (side - 2 * margin) / Math.max(...ends.map(({ extent }) => extent), Number.MIN_VALUE);
  return (value, axis) => {
    const middle = axis === 0 ? margin + side / 2 : top + side / 2;
    return (middle + (value - (ends[axis]?.middle as number)) * scale).toFixed(1);
  };
}
