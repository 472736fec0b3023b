/**
 * Counter-based random numbers: every stream is a pure function of a seed and a few integers
 * (epoch, image, view, ...), so what an image gets depends neither on the order of work nor on
 * where a run was resumed.
 *
 * The generator is Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as
 * easy as 1, 2, 3" (SC'11), checked against the vectors published with it.
 */

const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const weyl0 = 0x9e3779b9;
const weyl1 = 0xbb67ae85;
const twoPow32 = 0x1_0000_0000;
const twoPowMinus32 = 1 / twoPow32;

/**
 * High word of the 64-bit product of two words. The double `a * b` is off by less than 2^11, so
 * taking the exact low word from it leaves a multiple of 2^32 up to an error that rounding removes.
 */
function highWord(a: number, b: number, lowWord: number): number {
  return ((a * b - lowWord) * twoPowMinus32 + 0.5) >>> 0;
}

/**
 * One block of Philox4x32-10.
 *
 * @param counter four 32-bit words
 * @param key two 32-bit words
 * @param out where the four random words go; may be `counter`
 */
export function philox4x32(
  counter: ArrayLike<number>,
  key: ArrayLike<number>,
  out: Uint32Array = new Uint32Array(4),
): Uint32Array {
  let c0 = (counter[0] as number) >>> 0;
  let c1 = (counter[1] as number) >>> 0;
  let c2 = (counter[2] as number) >>> 0;
  let c3 = (counter[3] as number) >>> 0;
  let k0 = key[0] as number;
  let k1 = key[1] as number;
  for (let round = 0; round < 10; round++) {
    const low0 = Math.imul(c0, multiplier0) >>> 0;
    const low1 = Math.imul(c2, multiplier1) >>> 0;
    const high0 = highWord(c0, multiplier0, low0);
    const high1 = highWord(c2, multiplier1, low1);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + weyl0) | 0;
    k1 = (k1 + weyl1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
  return out;
}

/** Random numbers one after another; made by `stream`. */
export class RandomStream {
  readonly #key: Uint32Array;
  readonly #counter: Uint32Array;
  readonly #block = new Uint32Array(4);
  #used = 4;

  /**
   * @param counter its first word counts blocks and must be 0; the others tell streams of one key
   * apart.
   */
  constructor(key: Uint32Array, counter: Uint32Array) {
    this.#key = key;
    this.#counter = counter;
  }

  /** 32 random bits. */
  word(): number {
    if (this.#used === 4) {
      philox4x32(this.#counter, this.#key, this.#block);
      this.#counter[0] = (this.#counter[0] as number) + 1;
      this.#used = 0;
    }
    return this.#block[this.#used++] as number;
  }

  /** Uniform in [0, 1): a multiple of 2^-32. */
  next(): number {
    return this.word() * twoPowMinus32;
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /**
   * Uniform integer in [0, n), exactly even (Lemire, "Fast random integer generation in an
   * interval", 2019).
   *
   * @throws RangeError unless 1 <= n <= 2^32 - 1
   */
  below(n: number): number {
    if (n < 1 || n >>> 0 !== n) throw new RangeError(`below(n) needs a whole number from 1 to 2^32 - 1, not ${n}`);
    let x = this.word();
    let low = Math.imul(x, n) >>> 0;
    if (low < n) {
      const uneven = (twoPow32 - n) % n;
      while (low < uneven) {
        x = this.word();
        low = Math.imul(x, n) >>> 0;
      }
    }
    return highWord(x, n, low);
  }
}

/**
 * The stream of (seed, ...keys), for example `stream(seed, epoch, image, view)`. Streams of
 * different seeds, keys or numbers of keys never share a block as long as there are at most three
 * keys; beyond three, the leading keys are hashed into the seed by the generator itself, and two
 * streams coincide with a chance of 2^-64.
 *
 * @param seed a whole number from 0 to 2^53 - 1
 * @param keys whole numbers from 0 to 2^32 - 1
 * @throws RangeError for any other number
 */
export function stream(seed: number, ...keys: number[]): RandomStream {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`a seed must be a whole number from 0 to 2^53 - 1, not ${seed}`);
  }
  for (const key of keys) {
    if (key >>> 0 !== key) throw new RangeError(`a stream's key must be a whole number from 0 to 2^32 - 1, not ${key}`);
  }
  // A seed leaves the upper 11 bits of the key free; the number of keys goes there, so that (1) and
  // (1, 0) differ.
  const key = Uint32Array.of(seed, Math.floor(seed / twoPow32) | (keys.length << 21));
  let first = 0;
  for (; keys.length - first > 3; first++) {
    const hashed = philox4x32([keys[first] as number, first, 0, 1], key);
    key.set(hashed.subarray(0, 2));
  }
  return new RandomStream(key, Uint32Array.of(0, keys[first] ?? 0, keys[first + 1] ?? 0, keys[first + 2] ?? 0));
}

/**
 * The numbers 0 .. n-1 in the random order of (seed, ...keys): Fisher-Yates, every order equally
 * likely.
 */
export function permutation(n: number, seed: number, ...keys: number[]): Uint32Array {
  const random = stream(seed, ...keys);
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  for (let i = n - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const held = order[i] as number;
    order[i] = order[j] as number;
    order[j] = held;
  }
  return order;
}
