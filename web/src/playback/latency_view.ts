/** The latency as the media worker tells it to the page. */

/**
 * The age of the frames that a component has shown in the last second, from the camera to the screen; or, of a microphone
 * without a camera, that of the audio that was handled.
 */
export interface LatencyView {
  /** Half of them, and 95 of 100, were at most so old; null if none was shown. */
  p50Ms: number | null;
  p95Ms: number | null;
  /** Frames shown, or chunks of audio handled, in a second. */
  fps: number;
  /** Seconds of audio that wait in the page; null of what shows frames. */
  backlogS: number | null;
  /** Null while the whole way of no frame is known. */
  parts: LatencyParts | null;
  /** Up and down, by name; empty if nothing was sent. */
  codecs: [string, string];
  /** Up and down, of the stream's frames alone. */
  bitsPerS: [number, number];
  /** The smallest recent round trip to the server; null while unknown. */
  roundTripMs: number | null;
  /** Frames that were dropped since the stream began, by cause: by the server, and by the page. */
  dropped: Record<string, number>;
  /** WebSockets are blocked: everything goes over HTTP. */
  isHttp: boolean;
  /** One sentence: what the stream is sent as, and why; empty while unknown. */
  decision: string;
}

/** The parts of the mean age, in milliseconds and in order: together they are that age. */
export interface LatencyParts {
  capture: number;
  encode: number;
  up: number;
  wait: number;
  handler: number;
  /** The server encodes the result. */
  answer: number;
  down: number;
  decode: number;
  screen: number;
}
