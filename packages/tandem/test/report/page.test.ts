import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import type { PageData } from '../../src/report/browser/data.js';
import { html, jsonForScript } from '../../src/report/html.js';
import { reportPage } from '../../src/report/page.js';
import { healthy, record } from './making.js';

const dataOf = (page: string): PageData =>
  JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)?.[1] ?? '');

test('what is put into HTML is escaped, HTML itself is not, and lists are joined', () => {
  const bad = `<script>alert("1")</script>&'`;
  const safe = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;';
  assert.equal(html`<p title="${bad}">${bad}</p>`.text, `<p title="${safe}">${safe}</p>`);
  assert.equal(html`${[1, 2].map((x) => html`<b>${x}</b>`)}${false}${undefined}${0}`.text, '<b>1</b><b>2</b>0');
});

test('nothing in JSON ends its script element', () => {
  const value = { name: '</script><!--', text: '\u2028' };
  const { text } = jsonForScript(value);
  assert.doesNotMatch(text, /[<\u2028]/);
  assert.deepEqual(JSON.parse(text), value);
});

test('the curves hold the numbers of the metrics', () => {
  const metrics = healthy().map((one, i) => (i === 2 ? { ...one, knnTeacher: undefined, own: 3 } : { ...one, own: 2 }));
  const { charts } = dataOf(reportPage(record({ metrics })));
  const lines = new Map(
    charts.flatMap((chart) => chart.lines.map((line) => [`${chart.id} ${line.name}`, line.values])),
  );
  const named = (name: string) => [...lines].find(([key]) => key.endsWith(` ${name}`))?.[1];
  const wanted = {
    student: 'knnStudent',
    teacher: 'knnTeacher',
    loss: 'loss',
    'learning rate': 'lr',
    lambda: 'lambda',
    distance: 'distance',
    'standard deviation': 'embeddingStd',
    'effective rank': 'effectiveRank',
    'images a second': 'imagesPerSecond',
    own: 'own',
  };
  for (const [name, field] of Object.entries(wanted)) {
    assert.deepEqual(
      named(name),
      metrics.map((one) => (one as Record<string, number | undefined>)[field] ?? null),
      name,
    );
  }
  assert.deepEqual(named('healthy'), Array(6).fill(1 / 8));
  assert.deepEqual(charts[0]?.epochs, [1, 2, 3, 4, 5, 6]);
});

test('settings that differ from the defaults are marked, where that is known', () => {
  const page = reportPage(record({ config: { tandem: { changed: ['lr'] } } }));
  const [marked, ...more] = page.match(/<div class="changed"><dt>.*?<\/dd>/g) ?? [];
  assert.match(
    marked ?? '',
    /<dt>lr <span class="mark" role="img" aria-label="not the default">●<\/span><\/dt><dd>0\.06/,
  );
  assert.deepEqual(more, []);
  assert.doesNotMatch(reportPage(record()), /class="changed"|differ from the defaults/);
});

test('what k-NN has to beat is drawn and said', () => {
  const classes = { count: 2, first: { a: 1 }, majority: 0.55, queries: 100 };
  const page = reportPage(record({ config: { tandem: { classes } } }), { baselines: { pixels: 0.4, untrained: 0.3 } });
  assert.match(page, /To beat: raw pixels 40\.0 %, untrained 30\.0 %, largest class 55\.0 %\./);
  const [knn] = dataOf(page).charts;
  const levels = knn?.lines.filter(({ role }) => role === 'limit').map(({ name, values }) => [name, values[5]]);
  assert.deepEqual(levels, [
    ['raw pixels', 0.4],
    ['untrained', 0.3],
    ['largest class', 0.55],
  ]);
});

test('after few steps a page says that it is too early, and no more', () => {
  const page = reportPage(record({ metrics: [{ ...healthy(1)[0], step: 4 }], config: { epochs: 1 } }));
  assert.match(page, /Too early to tell/);
  assert.doesNotMatch(page, /Nothing looks wrong/);
});

test('beside accuracies stands what always naming the largest class would get', () => {
  const classes = { count: 3, first: { cat: 70, dog: 20, eel: 10 }, majority: 0.7, queries: 1000 };
  const page = reportPage(record({ config: { tandem: { classes } } }));
  assert.match(
    page,
    /<dt>Classes<\/dt><dd>3<small>cat 70, dog 20, eel 10; the largest is 70.0 % of the queries<\/small>/,
  );
  assert.doesNotMatch(reportPage(record()), /the largest is/);
});

test('the page holds settings, environment, warnings and evaluations', () => {
  const page = reportPage(
    record({
      config: { temperature: 0.123 },
      skipped: [{ file: 'b.png', reason: 'cut short' }],
      evaluations: [
        {
          command: 'linear',
          protocol: 'linear (views)',
          settings: { epochs: 100, lr: [0.01, 1e-6] },
          images: 'pictures',
          encoder: 'teacher',
          epoch: 6,
          result: { accuracy: 0.7125, top5: 0.99, perClass: Array(30).fill(0.5) },
          date: '2026-01-02T03:04:05.000Z',
        },
      ],
    }),
  );
  for (const part of ['<dt>temperature</dt><dd>0.123</dd>', '<dt>libtorch</dt><dd>1.13.0</dd>', '<dt>threads</dt>']) {
    assert.ok(page.includes(part), part);
  }
  for (const part of [
    'b.png (cut short)',
    'linear (views)',
    '71.3 %',
    'top5=0.99',
    'epochs=100 lr=[0.01,0.000001]',
    '2026-01-02',
  ]) {
    assert.ok(page.includes(part), part);
  }
  assert.ok(!page.includes('perClass'));
  assert.ok(!page.includes('Nothing looks wrong'));
  assert.ok(reportPage(record()).includes('Nothing looks wrong'));
});

test('only the two scripts of the page may run, and nothing may be loaded', () => {
  const page = reportPage(record());
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]?.replaceAll('&#39;', "'") ?? '';
  const scripts = [...page.matchAll(/<script(?: type="module")?>(.*?)<\/script>/gs)].map(([, text]) => text ?? '');
  assert.equal(scripts.length, 2);
  const hashes = scripts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  assert.equal(policy, `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src ${hashes.join(' ')}`);
  assert.doesNotMatch(page, /<link(?! rel="icon" href="data:,")|sourceMappingURL|@import|url\(/);
});

test('a long run has a table of fifty rows at most, the last epoch among them', () => {
  const page = reportPage(record({ metrics: healthy(801), config: { epochs: 801 } }));
  const rows = [...page.matchAll(/<tr><th scope="row">(\d+)<\/th>/g)].map(([, epoch]) => Number(epoch));
  assert.ok(rows.length <= 50 && rows.length > 40, `${rows.length} rows`);
  assert.equal(rows.at(-1), 801);
  assert.match(page, /every 17 epochs; metrics\.jsonl has all/);
});

test('a run without an epoch has a page that says so', () => {
  const page = reportPage(record({ metrics: [] }));
  assert.match(page, /No epoch is over yet/);
  assert.deepEqual(dataOf(page), { charts: [] });
});

test('a layout is drawn by class, empty classes left out', () => {
  const scatter = {
    points: [
      [10, 0],
      [0, -5],
      [5, 5],
    ] as [number, number][],
    labels: [2, 0, 2],
    classNames: ['cat', 'dog', 'owl'],
    numbers: { silhouette: 0.25 },
  };
  const page = reportPage(record(), { scatter });
  assert.deepEqual(dataOf(page).scatter?.classes, [
    { name: 'cat', points: [[0, -500]] },
    {
      name: 'owl',
      points: [
        [1000, 0],
        [500, 500],
      ],
    },
  ]);
  assert.ok(page.includes('<dt>silhouette</dt><dd>0.25</dd>'));
});

test('the newest classifier: each class, what it is taken for, and the confusion matrix; names stay text', () => {
  const result = {
    accuracy: 0.75,
    perClass: { '<b>cat': 0.5, dog: 1, fox: null },
    perClassF1: { '<b>cat': 2 / 3, dog: 0.8, fox: null },
    confusion: [
      [1, 1, 0],
      [0, 2, 0],
      [0, 0, 0],
    ],
  };
  const one = { command: 'linear', protocol: 'linear (views)', settings: {}, images: 'pets', encoder: 'teacher' };
  const page = reportPage(record({ evaluations: [{ ...one, result, date: '2026-01-01' }] }));
  const rows = page.match(/<tr><th scope="row">&lt;b&gt;cat<\/th>.*?<\/tr>/g);
  assert.deepEqual(
    rows?.map((row) =>
      row
        .replace(/<[^>]*>/g, ' ')
        .replace(/ +/g, ' ')
        .trim(),
    ),
    ['&lt;b&gt;cat 2 50.0 % 66.7 % dog (1)', '&lt;b&gt;cat 1 1 0'],
  );
  assert.ok(!reportPage(record({})).includes('Confusion matrix'));
});
