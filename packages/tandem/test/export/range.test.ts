import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preprocessorConfig } from '../../src/export/configs.js';

test('an exported folder scales and normalises numbers of a range as training did', () => {
  const architecture = { backbone: 'resnet8', width: 4, channels: 2 };
  const [mean, std] = [
    [0.2, 0.4],
    [0.1, 0.5],
  ];
  const prepared = (value: number, c: number, card: { range?: [number, number]; bits?: 16 }) => {
    const config = preprocessorConfig({ architecture, size: 8, mean, std, ...card }, 'no models') as {
      rescale_factor: number;
      image_mean: number[];
      image_std: number[];
    };
    const [m, s] = [config.image_mean[c] as number, config.image_std[c] as number];
    return (value * config.rescale_factor - m) / s;
  };
  const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);
  near(prepared(-500, 0, { range: [-1000, 1000] }), (0.25 - 0.2) / 0.1);
  near(prepared(8000, 1, { range: [0, 10000], bits: 16 }), (0.8 - 0.4) / 0.5);
  near(prepared(65535, 0, { bits: 16 }), (1 - 0.2) / 0.1);
  near(prepared(51, 0, {}), 0);
});
