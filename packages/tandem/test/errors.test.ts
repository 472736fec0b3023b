import assert from 'node:assert/strict';
import { test } from 'node:test';
import { didYouMean, nearest, shownDuration, UsageError, UserError } from '../src/errors.js';

test('errors carry an exit code and a name', () => {
  const user = new UserError('no such thing', { cause: 7 });
  const usage = new UsageError('no such flag');
  assert.deepEqual([user.exitCode, user.name, user.message, user.cause], [1, 'UserError', 'no such thing', 7]);
  assert.deepEqual([usage.exitCode, usage.name, usage instanceof UserError], [2, 'UsageError', true]);
});

test('the nearest name is found by spelling or by how it begins', () => {
  const names = ['cifar10', 'fashion-mnist', 'mnist'];
  assert.equal(nearest('cifr10', names), 'cifar10');
  assert.equal(nearest('CIFAR-10', names), 'cifar10');
  assert.equal(nearest('fashionmnist', names), 'fashion-mnist');
  assert.equal(nearest('fasion', names), 'fashion-mnist');
  assert.equal(nearest('mnits', names), 'mnist');
  assert.equal(nearest('imagenet', names), undefined);
  assert.equal(nearest('x', names), undefined);
  assert.equal(nearest('mnist', []), undefined);
});

test('durations', () => {
  assert.deepEqual([4, 75, 3725, 360_000].map(shownDuration), ['4s', '1m15s', '1h02m', '100h00m']);
});

test('numbers in names compare as numbers', () => {
  const networks = ['resnet8', 'resnet10', 'resnet18', 'resnet34', 'resnet50', 'resnet101', 'vit-tiny'];
  assert.equal(nearest('resnet19', networks), 'resnet18');
  assert.equal(nearest('resnt19', networks), 'resnet18');
  assert.equal(nearest('resnet99', networks), 'resnet101');
  assert.equal(nearest('ResNet-42', networks), 'resnet34');
  assert.equal(nearest('resnet', networks), 'resnet8');
  assert.equal(nearest('lambda1', ['lambda0', 'lambdaSchedule']), 'lambda0');
});

test('a whole name as close as a beginning is preferred', () => {
  assert.equal(nearest('batch', ['batchSize', 'batch']), 'batch');
});

test('the suggestion is a sentence, or nothing', () => {
  assert.equal(didYouMean('epoch', ['epochs', 'batch']), " Did you mean 'epochs'?");
  assert.equal(didYouMean('zzzzzz', ['epochs', 'batch']), '');
});
