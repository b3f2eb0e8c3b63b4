/** Marks on a frame, as they are drawn. Coordinates are parts of the frame's width and height, so they fit any size. */

/** The kinds of marks by their numbers on the wire. */
export const MarkKind = { BOX: 1, KEYPOINTS: 2, MASK: 3, LINE: 4, TEXT: 5 } as const;

export interface Mark {
  kind: number;
  /** x and y of each point; NaN for one that is not there. Boxes and masks: the upper left corner, the lower right. */
  points: Float64Array;
  label: string | null;
  /** 0..1 */
  score: number | null;
  /** Its identity from frame to frame. */
  id: number | null;
  /** A CSS colour, if the app chose one. */
  color: string | null;
  /** Of keypoints: pairs of points that a line joins. */
  edges: Uint8Array;
  /** Of lines: the last point is joined with the first. */
  isClosed: boolean;
  mask: MaskRaster | null;
}

/** The pixels of a mask, row by row: 1 for what belongs to it. */
export interface MaskRaster {
  columns: number;
  rows: number;
  pixels: Uint8Array;
}

export interface Overlay {
  /** The size of the frame that the app got, in pixels. */
  width: number;
  height: number;
  /** The marks may be carried on, over frames for which there is no result yet. */
  interpolates: boolean;
  marks: Mark[];
}
