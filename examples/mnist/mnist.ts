// A small convolutional network learns the digits of MNIST, by the engine alone.
// node examples/mnist/dist/mnist.js <folder with the four files, .gz> [epochs] [images]
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { data, fromBuffer, manualSeed, nn, noGrad, optim, scope, type Tensor } from 'tandem-torch';

const [folder = 'mnist', epochs = '3', most = '60000'] = process.argv.slice(2);
manualSeed(0);

/** The numbers of an IDX file after its header: a kind, a size for each dimension. */
function readIdx(name: string): { sizes: number[]; bytes: Uint8Array } {
  const file = gunzipSync(readFileSync(join(folder, name)));
  const dimensions = file[3] as number;
  const sizes = Array.from({ length: dimensions }, (_, i) => file.readUInt32BE(4 + 4 * i));
  return { sizes, bytes: file.subarray(4 + 4 * dimensions) };
}

/** Images [n, 1, 28, 28] in [0, 1], and labels [n]. */
function read(part: 'train' | 't10k', count = Number.POSITIVE_INFINITY): [images: Tensor, labels: Tensor] {
  const { sizes, bytes } = readIdx(`${part}-images-idx3-ubyte.gz`);
  const labels = readIdx(`${part}-labels-idx1-ubyte.gz`);
  const [all = 0, height = 0, width = 0] = sizes;
  const n = Math.min(all, count);
  return scope(() => [
    fromBuffer(bytes, sizes).narrow(0, 0, n).to('float32').div(255).reshape([n, 1, height, width]),
    fromBuffer(labels.bytes, labels.sizes).narrow(0, 0, n).to('int64'),
  ]);
}

const network = new nn.Sequential(
  new nn.Conv2d(1, 16, 3, { padding: 1 }),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
  new nn.Conv2d(16, 32, 3, { padding: 1 }),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
  new nn.Flatten(),
  new nn.Dropout(0.25),
  new nn.Linear(32 * 7 * 7, 10),
);
const optimizer = new optim.AdamW(network.parameters(), { lr: 0.002 });
const loader = new data.DataLoader(new data.TensorDataset(...read('train', Number(most))), {
  batch: 64,
  shuffle: true,
});
const rate = optim.schedules.cosine(0.002, loader.length * Number(epochs));

let step = 0;
for (let epoch = 1; epoch <= Number(epochs); epoch++) {
  network.train();
  let sum = 0;
  for await (const [images, labels] of loader) {
    // What a step makes is freed at its end.
    sum += scope(() => {
      const loss = nn.losses.crossEntropy(network.forward(images), labels);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step({ lr: rate(step++) });
      return loss.item();
    });
  }
  console.log(`epoch ${epoch}: loss ${(sum / loader.length).toFixed(4)}`);
}

network.eval();
const right = scope(() =>
  noGrad(() => {
    const [images, labels] = read('t10k');
    return network.forward(images).argmax({ dim: 1 }).eq(labels).to('float32').mean().item();
  }),
);
console.log(`right: ${(100 * right).toFixed(2)} % of the test images`);
