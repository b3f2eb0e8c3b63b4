/** Media as capture, playback and the media worker pass it to each other: shapes and sizes, nothing that works. */

/** The form of audio: samples of each channel per second, and how many channels there are. */
export interface AudioShape {
  rate: number;
  channels: number;
}

/** Audio that the page has decoded: interleaved. */
export interface DecodedAudio extends AudioShape {
  samples: Int16Array;
}

/** Both in 0..1 of full scale. */
export interface AudioLevel {
  rms: number;
  peak: number;
}

/** The way a camera's frames are sent. */
export interface FrameOptions {
  /** Largest width and height that is sent; null for 1280 on the longer side. */
  size: [number, number] | null;
  /** `size` is the smallest width and height: frames are sent so large that they cover it. */
  covers: boolean;
  mirror: boolean;
  /** 0..1 */
  quality: number;
}

/** A message through the port of a microphone: a block of interleaved samples in -1..1. */
export type AudioBlock = Float32Array;

export interface MicrophoneFormat {
  /** Rate of the blocks, and the rate to send. */
  deviceRate: number;
  rate: number;
  channels: number;
  /** Seconds that the device takes before it hands samples on, as far as the browser knows. */
  latencyS?: number;
}

/** Where a camera's frames come from; each is closed by the worker. */
export type FrameSource = ReadableStream<VideoFrame> | MessagePort;

/** Where streamed frames of a component go: into a track, or onto a canvas. */
export type FrameTarget = WritableStream<VideoFrame> | OffscreenCanvas;

/** A frame that can be drawn: a bitmap where the browser has no `VideoFrame`; whoever holds it closes it. */
export type DisplayFrame = VideoFrame | ImageBitmap;

/** A frame as a camera delivers it. */
export type CameraFrame = DisplayFrame;

/** An image that the page shows by itself, as an `<img>`. */
export interface StillImage {
  component: number;
  mime: string;
  data: Uint8Array<ArrayBuffer>;
  stream: number;
  sequence: number;
}

/** One packet of a video: the first holds its media type, the others what comes next of the file. */
export interface VideoSegment {
  component: number;
  playback: number;
  sequence: number;
  data: Uint8Array<ArrayBuffer>;
  isLast: boolean;
}
