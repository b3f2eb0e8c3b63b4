/** The entry of the script that draws marks, which page and media worker load when the first ones come. */

export { CameraOverlay } from "./camera_overlay.ts";
export { markStill } from "./still_overlay.ts";
