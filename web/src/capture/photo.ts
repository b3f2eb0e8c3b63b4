/** A photo: what a camera that is open, and not streamed, shows at the end. */

import { t } from "../words.ts";
import type { Camera } from "./camera.ts";
import { still } from "./still_image.ts";

export class Photo {
  private readonly video = document.createElement("video");
  private mirrored = false;

  constructor(camera: Camera) {
    this.video.muted = true;
    this.video.playsInline = true;
    this.change(camera);
  }

  /** Another camera will be the one that takes it. */
  change({ preview, mirrored }: Camera): void {
    this.mirrored = mirrored;
    this.video.srcObject = preview;
    void this.video.play().catch(() => {}); // a camera that is closed before it showed a frame
  }

  /** Takes it, as the user sees it, while the camera is still open. Rejects with a sentence if there is nothing to see yet. */
  async take(): Promise<File> {
    const { video, mirrored } = this;
    if (video.videoWidth === 0) throw new Error(t("The camera had not shown anything yet. Press Record to try again."));
    return await still(video, "photo.jpg", { mirrored });
  }

  /** Takes the last one. */
  async finish(): Promise<File> {
    try {
      return await this.take();
    } finally {
      this.video.srcObject = null;
    }
  }
}
