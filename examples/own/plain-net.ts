// A backbone of one's own: a few strided convolutions, and the mean of the last map.
//   tandem pretrain pictures --use examples/own/dist/plain-net.js --backbone plain-net
import { nn, type Tensor } from 'tandem-torch';
import { defineBackbone } from 'tandem-vision';

class PlainNet extends nn.Module {
  readonly layers: nn.Sequential;

  constructor(
    channels: number,
    readonly featureWidth: number,
  ) {
    super();
    const half = featureWidth / 2;
    this.layers = new nn.Sequential(
      new nn.Conv2d(channels, half, 3, { stride: 2, padding: 1, bias: false }),
      new nn.BatchNorm2d(half),
      new nn.ReLU(),
      new nn.Conv2d(half, featureWidth, 3, { stride: 2, padding: 1, bias: false }),
      new nn.BatchNorm2d(featureWidth),
      new nn.ReLU(),
    );
  }

  forward(x: Tensor): Tensor {
    return this.layers.forward(x).mean([2, 3]);
  }
}

export const plainNet = defineBackbone({
  name: 'plain-net',
  width: 64,
  multiples: { width: 2 },
  build: ({ channels, width }) => new PlainNet(channels, width),
});
