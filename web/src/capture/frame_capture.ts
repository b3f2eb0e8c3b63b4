/** The camera's end in the worker: has its frames encoded for the streams that it feeds. */

import type { FrameEncoder, FrameForm } from "../codecs/codec.ts";
import type { CameraFrame } from "../codecs/types.ts";
import { pageUs } from "../transport/clock.ts";
import type { Encode } from "../wire/messages.ts";
import { CameraInterval } from "./frame_pace.ts";
import type { FrameUplink } from "./frame_uplink.ts";

/** Gives the form in which a frame is sent, with no side over `longest` if that is not 0. */
export type FormOf = (frame: CameraFrame, longest: number) => FrameForm;

/** An encoder that fails so often in a row is not asked any more. */
const HOPELESS = 3;

/** The encoder that a stream has for itself, since the server wants its frames in another way. */
interface OwnEncoder {
  way: Encode;
  encoder: FrameEncoder;
  failures: number;
}

/** Streams whose frames are encoded once for all of them. */
interface Group {
  takers: FrameUplink[];
  longest: number;
  own: OwnEncoder | null;
}

/** Takes frames of one camera for its streams: only with credit, at their pace, one encoding at a time. */
export class FrameCapture {
  private readonly uplinks: () => Iterable<FrameUplink>;
  private readonly formOf: FormOf;
  private readonly encoder: FrameEncoder;
  private readonly fail: (error: unknown) => void;
  private readonly open: (codec: number) => FrameEncoder | null;
  private readonly interval = new CameraInterval();
  private readonly owned = new Map<FrameUplink, OwnEncoder>();
  private isEncoding = false;
  /** Sees each frame before it is closed, and whether it is going to be sent. */
  watch: ((frame: CameraFrame, capturedUs: number, isSent: boolean) => void) | null = null;

  /**
   * `fail` is told when a frame could not be encoded by `encoder`; `open` opens another one for a stream whose
   * frames the server wants in another codec, null if the page has none.
   */
  constructor(
    uplinks: () => Iterable<FrameUplink>,
    formOf: FormOf,
    encoder: FrameEncoder,
    fail: (error: unknown) => void,
    open: (codec: number) => FrameEncoder | null = () => null,
  ) {
    this.uplinks = uplinks;
    this.formOf = formOf;
    this.encoder = encoder;
    this.fail = fail;
    this.open = open;
  }

  /** A frame arrived; it is closed here, wanted or not. Returns when it has been sent, or at once. */
  async offer(frame: CameraFrame): Promise<void> {
    // A frame's own timestamp counts from anywhere: the time of a frame is when it was read.
    const nowUs = pageUs();
    let encodings: Promise<void>[] = [];
    try {
      encodings = this.begin(frame, nowUs);
      this.watch?.(frame, nowUs, encodings.length > 0);
    } catch (error) {
      this.fail(error);
    } finally {
      frame.close();
    }
    if (encodings.length === 0) return;
    this.isEncoding = true;
    await Promise.all(encodings);
    this.isEncoding = false;
  }

  close(): void {
    this.encoder.close();
    for (const { encoder } of this.owned.values()) encoder.close();
    this.owned.clear();
  }

  /** Begins to encode a frame for the streams that take it, once for all that want it in the same way. */
  private begin(frame: CameraFrame, nowUs: number): Promise<void>[] {
    this.interval.tick(nowUs);
    if (this.isEncoding) return [];
    const uplinks = [...this.uplinks()];
    this.forgetAllBut(uplinks);
    const groups = new Map<FrameEncoder, Group>();
    for (const uplink of uplinks) {
      if (!uplink.wants(nowUs, this.interval.us)) continue;
      const own = this.ownEncoder(uplink);
      const group = groups.get(own?.encoder ?? this.encoder) ?? { takers: [], longest: own?.way.longest ?? 0, own };
      group.takers.push(uplink);
      groups.set(own?.encoder ?? this.encoder, group);
    }
    return [...groups].map(([encoder, group]) => this.encode(encoder, frame, group, nowUs));
  }

  private async encode(
    encoder: FrameEncoder,
    frame: CameraFrame,
    { takers, longest, own }: Group,
    capturedUs: number,
  ): Promise<void> {
    for (const uplink of takers) {
      uplink.begin(capturedUs);
      if (uplink.takeKeyRequest()) encoder.requestKeyFrame();
    }
    try {
      const encoded = await encoder.encode(frame, this.formOf(frame, longest), capturedUs);
      if (own) own.failures = 0;
      for (const uplink of takers) uplink.complete(encoded, capturedUs);
    } catch (error) {
      for (const uplink of takers) uplink.complete(null, capturedUs);
      if (own) own.failures++;
      else this.fail(error);
    }
  }

  /** The encoder for a stream whose frames the server wants in a way of its own; null if that of the camera does. */
  private ownEncoder(uplink: FrameUplink): OwnEncoder | null {
    const { way } = uplink;
    if (!way) return null;
    const known = this.owned.get(uplink);
    if (known?.way === way) return known.failures < HOPELESS ? known : null;
    const keeps = known !== undefined && known.way.codec === way.codec && known.failures === 0;
    if (!keeps) known?.encoder.close();
    const encoder = keeps ? known.encoder : this.open(way.codec);
    if (!encoder) return null;
    encoder.configure({ bitsPerS: way.bits_per_s, framesPerS: way.frames_per_s });
    const own = { way, encoder, failures: 0 };
    this.owned.set(uplink, own);
    return own;
  }

  private forgetAllBut(uplinks: FrameUplink[]): void {
    for (const [uplink, { encoder }] of this.owned) {
      if (uplinks.includes(uplink)) continue;
      encoder.close();
      this.owned.delete(uplink);
    }
  }
}

/**
 * Reads a camera to its end; every frame is offered while the one before may still be encoded.
 *
 * After `signal` aborts, frames are closed unseen. The stream is not cancelled: its end comes with that of the track,
 * and what a cancelled stream has on its way nobody could close.
 */
export async function readFrames(
  source: ReadableStream<CameraFrame>,
  capture: FrameCapture,
  signal: AbortSignal,
): Promise<void> {
  const reader = source.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    if (signal.aborted) value.close();
    else void capture.offer(value);
  }
}
