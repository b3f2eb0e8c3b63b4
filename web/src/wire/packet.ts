/** The media packet: a fixed 32-byte header and the untouched payload. Its twin is `src/millstream/wire/packet.py`. */

/** Version of the whole protocol: first byte of each packet, first field of `hello` and `welcome`. */
export const VERSION = 1;

/** version, kind, codec, flags, stream, component, sequence, source, call, captured_us; little-endian. */
export const HEADER_BYTES = 32;

/** The kind of media in a packet. */
export const PacketKind = { PICTURE: 1, SOUND: 2 } as const;

/** The encoding of a payload; the lower-case name is the codec's file on the server. `FILE`: an audio file, or a part. `OVERLAY`: marks. */
export const CodecNumber = {
  JPEG: 1,
  PNG: 2,
  WEBP: 3,
  H264: 8,
  VP8: 9,
  PCM16: 16,
  FILE: 32,
  FMP4: 33,
  OPUS: 34,
  OVERLAY: 48,
} as const;

/**
 * Properties of one packet.
 *
 * `KEY`: can be decoded without the packets before it. `INDEPENDENT`: no later packet needs it either, so a newer one may
 * replace it. `LAST`: upwards the last packet of its stream, downwards the last packet of its call.
 */
export const Flag = { NONE: 0, KEY: 1, INDEPENDENT: 2, LAST: 4 } as const;

/** Encoded media as it travels; the fields are those of the Python twin. */
export interface Packet {
  kind: number;
  codec: number;
  flags: number;
  stream: number;
  component: number;
  sequence: number;
  source: number;
  call: number;
  /** Microseconds of the page's clock (`timeOrigin + now()`); below 2**53, so a number holds it exactly. */
  captured_us: number;
  payload: Uint8Array;
}

/** The other side sent something that breaks the protocol. */
export class ProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ProtocolError";
  }
}

export const isIndependent = (packet: Pick<Packet, "flags">): boolean => (packet.flags & Flag.INDEPENDENT) !== 0;
export const isKey = (packet: Packet): boolean => (packet.flags & Flag.KEY) !== 0;
export const isLast = (packet: Packet): boolean => (packet.flags & Flag.LAST) !== 0;

/** Tells a media packet from a control message by its first byte. */
export function isPacket(message: Uint8Array): boolean {
  return message.length > 0 && (message[0] as number) < 0x80;
}

/** Puts the header in front of the payload; the one copy that a packet costs. */
export function encodePacket(packet: Packet): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES + packet.payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setUint8(1, packet.kind);
  view.setUint8(2, packet.codec);
  view.setUint8(3, packet.flags);
  view.setUint32(4, packet.stream, true);
  view.setUint32(8, packet.component, true);
  view.setUint32(12, packet.sequence, true);
  view.setUint32(16, packet.source, true);
  view.setUint32(20, packet.call, true);
  view.setBigUint64(24, BigInt(packet.captured_us), true);
  bytes.set(packet.payload, HEADER_BYTES);
  return bytes;
}

/** Reads a media packet; the payload is a view of `message`, not a copy. Throws `ProtocolError`. */
export function decodePacket(message: Uint8Array): Packet {
  if (message.length < HEADER_BYTES) {
    throw new ProtocolError(`packet of ${message.length} bytes is shorter than its ${HEADER_BYTES}-byte header`);
  }
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const version = view.getUint8(0);
  if (version !== VERSION) throw new ProtocolError(`packet of protocol version ${version}, expected ${VERSION}`);
  const kind = view.getUint8(1);
  if (kind !== PacketKind.PICTURE && kind !== PacketKind.SOUND)
    throw new ProtocolError(`packet of unknown kind ${kind}`);
  const flags = view.getUint8(3);
  if (flags > 7) throw new ProtocolError(`packet with unknown flags ${flags}`);
  return {
    kind,
    codec: view.getUint8(2),
    flags,
    stream: view.getUint32(4, true),
    component: view.getUint32(8, true),
    sequence: view.getUint32(12, true),
    source: view.getUint32(16, true),
    call: view.getUint32(20, true),
    captured_us: Number(view.getBigUint64(24, true)),
    payload: message.subarray(HEADER_BYTES),
  };
}
