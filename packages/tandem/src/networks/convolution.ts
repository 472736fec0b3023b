import { nn } from 'tandem-torch';

/** A convolution without bias that keeps the resolution at stride 1, Kaiming-normal by fan-out. */
export function convolution(inputs: number, outputs: number, kernel: number, stride = 1): nn.Conv2d {
  const conv = new nn.Conv2d(inputs, outputs, kernel, { stride, padding: (kernel - 1) / 2, bias: false });
  nn.init.kaimingNormal(conv.weight, 'fanOut');
  return conv;
}
