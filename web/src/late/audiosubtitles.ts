import type { Leaf, LeafProps } from "../elements/base.ts";
import type { AddOn } from "../elements/parts/add_ons.ts";
import { customElement } from "../elements/parts/define.ts";
import type { Player } from "../elements/parts/player.ts";
import "../styles/audiosubtitles.css";
import { t } from "../words.ts";

interface SubtitledAudio extends Leaf<LeafProps & { subtitles?: string }> {
  readonly isRecording: boolean;
}

/** The subtitles of audio, below its player. The browser reads them, and says which are due. */
@customElement("ms-audiosubtitles")
export class AudioSubtitles extends HTMLElement implements AddOn<SubtitledAudio> {
  private text = "";
  private track: HTMLTrackElement | null = null;

  show(component: SubtitledAudio): void {
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", t("Subtitles"));
    const text = component.props.subtitles ?? "";
    this.hidden = !text || component.isRecording;
    void component.querySelector<Player>("ms-player")?.updateComplete.then(() => {
      const audio = component.querySelector("audio");
      if (text !== this.text || audio !== this.track?.parentElement) this.load(audio, text);
    });
  }

  disconnectedCallback(): void {
    this.load(null, "");
  }

  private load(audio: HTMLAudioElement | null, text: string): void {
    if (this.track) URL.revokeObjectURL(this.track.src);
    this.track?.remove();
    this.track = null;
    this.text = text;
    this.replaceChildren();
    if (!audio || !text) return;
    const track = document.createElement("track");
    track.kind = "subtitles";
    track.src = URL.createObjectURL(new Blob([text], { type: "text/vtt" }));
    audio.append(track);
    track.track.mode = "hidden"; // read and followed, but shown by nobody else
    track.track.addEventListener("cuechange", () => this.say(track.track.activeCues));
    this.track = track;
  }

  private say(cues: TextTrackCueList | null): void {
    const lines = [...(cues ?? [])].map((cue) => {
      const line = document.createElement("p");
      line.append((cue as VTTCue).getCueAsHTML());
      return line;
    });
    this.replaceChildren(...lines);
  }
}
