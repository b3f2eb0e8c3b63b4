/** Tracks as streams of frames, both ways; only Chromium has them in the page, so both may be missing. */

interface TrackProcessor {
  readonly readable: ReadableStream<VideoFrame>;
}

interface TrackGenerator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
}

declare global {
  interface Window {
    MediaStreamTrackProcessor?: new (init: { track: MediaStreamTrack; maxBufferSize?: number }) => TrackProcessor;
    MediaStreamTrackGenerator?: new (init: { kind: "video" }) => TrackGenerator;
  }
}

/** The frames of a track, to be transferred; null where that cannot be. Only the newest frame is kept. */
export function readTrack(track: MediaStreamTrack): ReadableStream<VideoFrame> | null {
  const Processor = window.MediaStreamTrackProcessor;
  return Processor ? new Processor({ track, maxBufferSize: 1 }).readable : null;
}

/** A track to write frames to; null where that cannot be. */
export function generateTrack(): TrackGenerator | null {
  const Generator = window.MediaStreamTrackGenerator;
  return Generator ? new Generator({ kind: "video" }) : null;
}
