import type { EncoderCard } from '../weights/card.js';

/** Channels of what the ONNX models take: those of gray images take colour. */
export function channelsOf({ architecture: { channels } }: EncoderCard): number {
  return channels === 1 ? 3 : channels;
}
