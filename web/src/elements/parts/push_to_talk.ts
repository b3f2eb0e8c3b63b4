/** Recording only as long as a button, or the space bar, is held down. */

/** Elements that a space belongs to. */
const TAKES_SPACE = "input, textarea, select, button, summary, a, [contenteditable], [role]";

export class PushToTalk {
  private readonly record: (action: "start" | "stop") => void;
  private readonly abort = new AbortController();
  private isHeld = false;

  constructor(host: HTMLElement, record: (action: "start" | "stop") => void) {
    this.record = record;
    const { signal } = this.abort;
    host.addEventListener(
      "pointerdown",
      ({ target }) => this.hold((target as Element).closest(".ms-record") !== null),
      { signal },
    );
    for (const name of ["pointerup", "pointercancel", "blur"])
      window.addEventListener(name, () => this.release(), { signal });
    document.addEventListener("keydown", (event) => this.press(event, host), { signal });
    document.addEventListener("keyup", ({ key }) => key === " " && this.release(), { signal });
  }

  /** A click of a pointer is the end of a hold; that of a key, or of an assistive device, presses the button as ever. */
  takes(click: MouseEvent): boolean {
    return click.detail > 0;
  }

  end(): void {
    this.release();
    this.abort.abort();
  }

  private press(event: KeyboardEvent, host: HTMLElement): void {
    if (event.key !== " ") return;
    const target = event.target as Element;
    const isOurs = target.closest(".ms-record") !== null && host.contains(target);
    if (!isOurs && target.closest(TAKES_SPACE)) return;
    event.preventDefault();
    if (!event.repeat) this.hold(true);
  }

  private hold(isWanted: boolean): void {
    if (this.isHeld || !isWanted) return;
    this.isHeld = true;
    this.record("start");
  }

  private release(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    this.record("stop");
  }
}
