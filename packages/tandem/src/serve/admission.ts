import { Refusal } from '../web/refusal.js';

/** How much may be at hand. */
export interface AdmissionLimits {
  /** Pictures that wait for their answers. */
  readonly pictures: number;
  /** Bytes of requests. */
  readonly bytes: number;
}

/**
 * Lets in as much as can be held; more is to come again later. What was let in counts until its
 * work is done, also where nobody waits for it any more.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  #pictures = 0;
  #bytes = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Pictures at hand. */
  get pictures(): number {
    return this.#pictures;
  }

  /** @throws Refusal 429 where that is too much now; else what ends it is given back */
  bytes(count: number): () => void {
    if (this.#bytes > 0 && this.#bytes + count > this.#limits.bytes) throw full();
    this.#bytes += count;
    return once(() => {
      this.#bytes -= count;
    });
  }

  /** As `bytes`, of pictures. */
  work(count: number): () => void {
    if (this.#pictures + count > this.#limits.pictures) throw full();
    this.#pictures += count;
    return once(() => {
      this.#pictures -= count;
    });
  }
}

const full = () => new Refusal(429, 'too much is at hand; come again in a second', { 'retry-after': '1' });

function once(what: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) what();
    isDone = true;
  };
}
