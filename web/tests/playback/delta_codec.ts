/** A codec with key frames and deltas, so small that the test can be: each delta adds to the number before it. */

import type { FrameCodec, FrameDecoder } from "../../src/codecs/codec.ts";
import { Flag, type Packet, PacketKind } from "../../src/wire/packet.ts";
import { FakeFrame } from "../capture/fakes.ts";

export const DELTA = 200;

export class NumberFrame extends FakeFrame {
  readonly number: number;

  constructor(number: number, timestamp: number) {
    super(timestamp);
    this.number = number;
  }
}

/** Decodes only when told to, if `isHeld`; counts what it decoded. */
export class DeltaCodec implements FrameCodec {
  readonly mime = null;
  decoded: NumberFrame[] = [];
  closed = 0;
  isHeld = false;
  isLost = false;
  private held: (() => void)[] = [];

  openDecoder(): FrameDecoder {
    let number: number | null = null;
    return {
      decode: async (packet, timestampUs) => {
        if (this.isHeld) await new Promise<void>((resolve) => this.held.push(resolve));
        if (this.isLost) throw new Error("the decoder is lost");
        const payload = packet.payload[0] as number;
        if (packet.flags & Flag.KEY) number = payload;
        else if (number === null) throw new Error("a delta without a key frame");
        else number += payload;
        const frame = new NumberFrame(number, timestampUs);
        this.decoded.push(frame);
        return frame as unknown as VideoFrame;
      },
      close: () => {
        this.closed++;
      },
    };
  }

  /** Lets the oldest decoding that is held go on. */
  release(): void {
    this.held.shift()?.();
  }
}

/** A frame for component 4 of stream 1; `flags` in addition to LAST. */
export function packet(sequence: number, payload: number, flags: number, changes: Partial<Packet> = {}): Packet {
  return {
    kind: PacketKind.PICTURE,
    codec: DELTA,
    flags: flags | Flag.LAST,
    stream: 1,
    component: 4,
    sequence,
    source: sequence,
    call: sequence,
    captured_us: 0,
    payload: Uint8Array.of(payload),
    ...changes,
  };
}
