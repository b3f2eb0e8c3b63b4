/** Plays a video file, with its subtitles, in a `<video>` of its own. */
import { OUTPUT_CLASS } from "../../constants.ts";
import { t } from "../../words.ts";

export class VideoFile {
  readonly element = document.createElement("video");
  /** The reason why it cannot be shown, for the user; empty if it can. */
  fault = "";
  /** Address of the subtitles, to be freed. */
  private titles = "";

  /** `changed` is called when it is known whether the browser can play the file. */
  constructor(changed: () => void) {
    const { element } = this;
    element.className = OUTPUT_CLASS;
    element.controls = true;
    element.playsInline = true;
    element.preload = "metadata";
    element.addEventListener("error", () => {
      if (element.getAttribute("src")) this.fault = t("This video cannot be played.");
      changed();
    });
    // The browser has the first frame, or knows that there is none that it can decode: it would play the audio alone.
    element.addEventListener("loadeddata", () => {
      if (element.videoWidth === 0) this.fault = t("This browser cannot decode the frames of this video.");
      changed();
    });
  }

  /** Loads what is at an address, null for none, with the subtitles in a component's value; false if it has it already. */
  load(address: string | null, value: unknown): boolean {
    const { element } = this;
    const source = address ? new URL(address, document.baseURI).href : "";
    if (element.src === source) return false;
    this.fault = "";
    this.subtitle(value);
    if (source) element.src = source;
    else element.removeAttribute("src");
    element.load();
    return true;
  }

  private subtitle(value: unknown): void {
    if (this.titles) URL.revokeObjectURL(this.titles);
    this.titles = "";
    this.element.replaceChildren();
    const text = typeof value === "object" && value !== null && "subtitles" in value ? String(value.subtitles) : "";
    if (!text) return;
    this.titles = URL.createObjectURL(new Blob([text], { type: "text/vtt" }));
    const track = document.createElement("track");
    track.kind = "subtitles";
    track.label = t("Subtitles");
    track.default = true;
    track.src = this.titles;
    this.element.append(track);
  }
}
