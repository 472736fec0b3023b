// Event files of TensorBoard: records of TFRecord, each a protocol buffer `Event`
// (tensorflow/core/util/event.proto, summary.proto).

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** One event: what was measured at a step. */
export interface LogEvent {
  /** Seconds since 1970. */
  readonly time: number;
  readonly step: number;
  /** By name. */
  readonly values: Readonly<Record<string, number>>;
}

/** The first record of a file. */
export function versionRecord(time: number): Uint8Array {
  return record(event(time, 0).tag(3, WireType.LengthDelimited).string('brain.Event:2'));
}

/** What says that later steps of earlier files count no more: a run was resumed here. */
export function startRecord(time: number, step: number): Uint8Array {
  const session = new BinaryWriter().tag(1, WireType.Varint).int32(1).finish(); // status START
  return record(event(time, step).tag(7, WireType.LengthDelimited).bytes(session));
}

/** Numbers of a step. */
export function valuesRecord({ time, step, values }: LogEvent): Uint8Array {
  const summary = new BinaryWriter();
  for (const [name, value] of Object.entries(values)) {
    const one = new BinaryWriter().tag(1, WireType.LengthDelimited).string(name).tag(2, WireType.Bit32).float(value);
    summary.tag(1, WireType.LengthDelimited).bytes(one.finish());
  }
  return record(event(time, step).tag(5, WireType.LengthDelimited).bytes(summary.finish()));
}

function event(time: number, step: number): BinaryWriter {
  return new BinaryWriter().tag(1, WireType.Bit64).double(time).tag(2, WireType.Varint).int64(step);
}

/** A TFRecord: length, its checksum, content, its checksum. */
function record(content: BinaryWriter): Uint8Array {
  const data = content.finish();
  const bytes = Buffer.alloc(data.length + 16);
  bytes.writeBigUInt64LE(BigInt(data.length), 0);
  bytes.writeUInt32LE(masked(crc32c(bytes.subarray(0, 8))), 8);
  bytes.set(data, 12);
  bytes.writeUInt32LE(masked(crc32c(data)), data.length + 12);
  return bytes;
}

/** As TFRecord stores checksums, so that one of data that holds some is not trivial. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  let crc = n;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C (Castagnoli), of which Node has none. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (table[(crc ^ byte) & 255] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
