/** The differences between the video codecs, and the prefix that their payloads have in common. */

export interface VideoFormat {
  /** The name, for WebCodecs, of what so many frames of this size in a second are encoded as. */
  encoderCodec(width: number, height: number, framesPerS: number): string;
  /** The name of what a key frame is encoded as. Throws `RangeError` if it does not say. */
  decoderCodec(data: Uint8Array): string;
  /**
   * Frames of so many pixels or more are encoded by several threads, which wait for each other by spinning; 0 for never.
   * On a busy machine each frame takes a hundred times as long then, so that smaller ones are sent.
   */
  readonly threadedPixels: number;
  /** Options that the encoder needs besides. */
  readonly options: Partial<VideoEncoderConfig>;
  /** Brings what the browser's encoder has given into the form that was asked for, in place. */
  settle?(data: Uint8Array): void;
}

/** Width and height of the frame, little-endian, and the number of its colours; the packet of the codec follows. */
export const PREFIX_BYTES = 5;

/** Matrix and range of brightness by their number; 0 is as the packet says. */
const COLOURS: readonly [VideoMatrixCoefficients, isFull: boolean][] = [
  ["smpte170m", false],
  ["smpte170m", true],
  ["bt709", false],
  ["bt709", true],
];

/** The number of the colours that an encoder says it has taken. */
export function coloursOf(space: VideoColorSpaceInit | undefined): number {
  return 1 + COLOURS.findIndex(([matrix, isFull]) => matrix === space?.matrix && isFull === space?.fullRange);
}

/** The colours of a payload, for a decoder; null if the packet says them. */
export function colourSpace(payload: Uint8Array): VideoColorSpaceInit | null {
  const [matrix, fullRange] = COLOURS[(payload[PREFIX_BYTES - 1] as number) - 1] ?? [];
  return matrix ? { primaries: "bt709", transfer: "iec61966-2-1", matrix, fullRange } : null;
}

/** A smaller size of the same proportions is taken if it has so much of the pixels that it may have. */
const NEAR = 0.9;

/**
 * The size at which frames are encoded: with even sides, since four pixels share a colour, and of fewer pixels than
 * `pixels`; then in exactly the same proportions if possible, so that nothing is distorted.
 */
export function encodedSize(width: number, height: number, pixels = Infinity): [width: number, height: number] {
  if (width * height < pixels) return [even(width), even(height)];
  const unit = gcd(width, height) / 2;
  const times = Math.floor(Math.sqrt((pixels - 1) / (width * height)) * unit);
  const [wide, high] = [(width / unit) * times, (height / unit) * times];
  if (wide * high > NEAR * pixels) return [wide, high];
  const scale = Math.sqrt((pixels - 1) / (width * height));
  return [even(width * scale), even(height * scale)];
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

const even = (length: number): number => Math.max(2, 2 * Math.floor(length / 2 + 1e-9));

/** Puts the prefix in front of an encoded chunk. */
export function payloadOf(
  chunk: EncodedVideoChunk,
  width: number,
  height: number,
  colours: number,
): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(PREFIX_BYTES + chunk.byteLength);
  const view = new DataView(payload.buffer);
  view.setUint16(0, width, true);
  view.setUint16(2, height, true);
  view.setUint8(4, colours);
  chunk.copyTo(payload.subarray(PREFIX_BYTES));
  return payload;
}

/** Reads the prefix. Throws `RangeError` if it is cut off. */
export function sizeOf(payload: Uint8Array): [width: number, height: number] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return [view.getUint16(0, true), view.getUint16(2, true)];
}
