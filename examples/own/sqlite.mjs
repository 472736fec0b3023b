// Images from a database, trained on, and a vector for one of them. Needs a Node with SQLite (22.5
// or later).
//   node examples/own/sqlite.mjs pictures.sqlite runs/from-database [epochs]
// The table is `pictures (name TEXT, label TEXT, bytes BLOB)`, each blob an encoded picture.
import { DatabaseSync } from 'node:sqlite';
import { defineImages, load, pretrain } from 'tandem-vision';

const [file = 'pictures.sqlite', out = 'runs/from-database', epochs = '10'] = process.argv.slice(2);
const database = new DatabaseSync(file, { readOnly: true });
const count = Number(database.prepare('SELECT count(*) AS n FROM pictures').get()?.n);
const about = database.prepare('SELECT name, label FROM pictures ORDER BY name LIMIT 1 OFFSET ?');
const bytes = database.prepare('SELECT bytes FROM pictures ORDER BY name LIMIT 1 OFFSET ?');

/** The picture of a row, as it was stored. */
function pictureAt(index) {
  const found = bytes.get(index)?.bytes;
  if (found instanceof Uint8Array) return found;
  throw new Error('its bytes are no blob');
}

const data = defineImages({
  name: 'database',
  images: {
    count,
    about(index) {
      const { name, label } = about.get(index) ?? {};
      return { name: String(name), label: label === null ? undefined : String(label) };
    },
    at: (index) => ({ image: pictureAt(index) }),
  },
});

const { run, metrics } = await pretrain({
  data,
  ...{ out, epochs: Number(epochs), method: 'simclr', backbone: 'resnet8', width: 16, batch: 16, size: 32 },
  onEvent(event) {
    if (event.kind === 'epoch') console.log(`epoch ${event.metrics.epoch}: loss ${event.metrics.loss.toFixed(4)}`);
  },
});
console.log(`k-NN ${metrics?.knnStudent ?? 'was not measured'}, run folder ${run}`);

const model = await load(run);
const row = await model.embed(pictureAt(0), { normalize: true });
console.log(`the first picture is ${row.length} numbers`);
model.dispose();
database.close();
