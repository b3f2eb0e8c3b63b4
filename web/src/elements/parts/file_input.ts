/** Files that the user adds to a frame: picked, dropped or pasted. */
import { html, nothing, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from "lit";
import { emit, UPLOAD } from "../../constants.ts";
import { t } from "../../words.ts";
import { fileIn, mayBeOfKind, pastedFile } from "./files.ts";
import { icon } from "./icons.ts";

/** The element that takes files. */
export interface FileInputHost extends ReactiveControllerHost, EventTarget {
  readonly component: number;
  readonly isRecording: boolean;
  /** True if the user may add files in this way, in the component's current state. */
  offers(source: "upload" | "clipboard"): boolean;
}

export interface Taken {
  /** First half of the MIME type. */
  kind: "image" | "audio" | "video";
}

/** Accepts files of one kind for the frame of `host`, and dispatches `UPLOAD`; any other file is a `problem`. */
export class FileInput implements ReactiveController {
  /** True while an acceptable file is being dragged over the frame. */
  isTarget = false;
  /** The problem with the last file; empty if there was none. */
  problem = "";
  private readonly host: FileInputHost;
  private readonly taken: Taken;

  constructor(host: FileInputHost, taken: Taken) {
    this.host = host;
    this.taken = taken;
    host.addController(this);
  }

  hostDisconnected(): void {
    this.isTarget = false;
  }

  /** Accepts a file; null stands for none. */
  take(file: File | null): void {
    if (!file) return;
    const fits = mayBeOfKind(file, this.taken.kind);
    this.say(fits ? "" : notOf(this.taken.kind, file.name));
    if (fits) emit(this.host, UPLOAD, { component: this.host.component, file });
  }

  /** Shows a problem; empty for none. */
  say(problem: string): void {
    this.problem = problem;
    this.host.requestUpdate();
  }

  /** The button that lets the user pick a file; `name` is the component's. */
  uploadButton(name: string): TemplateResult | typeof nothing {
    if (!this.host.offers("upload")) return nothing;
    return html`
      <button class="ms-button ms-sm" type="button" @click=${this.choose}>${icon("upload")} ${t("Upload")}</button>
      <input type="file" accept="${this.taken.kind}/*" aria-label=${t("{name}: upload", { name })} tabindex="-1" hidden @change=${this.onChosen} />
    `;
  }

  pasteButton(): TemplateResult | typeof nothing {
    if (!this.host.offers("clipboard") || !navigator.clipboard?.read) return nothing;
    return html`<button class="ms-button ms-sm" type="button" @click=${this.paste}>${icon("paste")} ${t("Paste")}</button>`;
  }

  readonly onPaste = (event: ClipboardEvent): void => {
    const { host, taken } = this;
    if (host.offers("clipboard") || host.offers("upload")) this.take(fileIn(event.clipboardData, taken.kind));
  };

  readonly onDrag = (event: DragEvent): void => {
    if (!this.host.offers("upload") || this.host.isRecording) return;
    event.preventDefault();
    this.setTarget(true);
  };

  readonly onDragEnd = (): void => this.setTarget(false);

  readonly onDrop = (event: DragEvent): void => {
    if (!this.isTarget) return;
    event.preventDefault();
    this.setTarget(false);
    const file = fileIn(event.dataTransfer, this.taken.kind);
    if (file) this.take(file);
    else this.say(noneOf(this.taken.kind));
  };

  /** A click anywhere in an empty frame chooses a file, but for clicks on its buttons. */
  readonly onVoid = ({ target, currentTarget }: Event): void => {
    if (!(target as Element).closest("button, input"))
      (currentTarget as Element).querySelector<HTMLInputElement>("input[type=file]")?.click();
  };

  private setTarget(isTarget: boolean): void {
    if (this.isTarget === isTarget) return;
    this.isTarget = isTarget;
    this.host.requestUpdate();
  }

  private readonly choose = (event: Event): void => {
    ((event.currentTarget as Element).nextElementSibling as HTMLInputElement | null)?.click();
  };

  private readonly onChosen = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    this.take(input.files?.[0] ?? null);
    input.value = "";
  };

  private readonly paste = async (): Promise<void> => {
    const file = await pastedFile(this.taken.kind);
    if (file) this.take(file);
    else this.say(t("There is no image in the clipboard."));
  };
}

function notOf(kind: Taken["kind"], name: string): string {
  return {
    image: t("{name} is not an image.", { name }),
    audio: t("{name} is not an audio file.", { name }),
    video: t("{name} is not a video.", { name }),
  }[kind];
}

function noneOf(kind: Taken["kind"]): string {
  return {
    image: t("This is not an image."),
    audio: t("This is not an audio file."),
    video: t("This is not a video."),
  }[kind];
}
