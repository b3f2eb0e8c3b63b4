import { render } from "lit";
import { GripVertical } from "lucide";
import type { Leaf, LeafProps } from "../elements/base.ts";
import type { AddOn } from "../elements/parts/add_ons.ts";
import { customElement } from "../elements/parts/define.ts";
import { glyph } from "../elements/parts/icons.ts";
import type { FileValue, LinkValue } from "../manifest.ts";
import "../styles/filereordering.css";
import { t } from "../words.ts";

interface FilesProps extends LeafProps {
  value: readonly (FileValue | LinkValue)[] | null;
}

const STEPS: Readonly<Record<string, number>> = { ArrowUp: -1, ArrowDown: 1 };

/** Lets the user bring the files of a list into another order: by their handles, or with the arrow keys on one. */
@customElement("ms-filereordering")
export class FileReordering extends HTMLElement implements AddOn<Leaf<FilesProps>> {
  private field: Leaf<FilesProps> | null = null;
  /** The position of the file that the pointer moves; -1 for none. */
  private held = -1;

  show(field: Leaf<FilesProps>): void {
    this.field = field;
    this.className = "ms-sr";
    this.setAttribute("role", "status");
    for (const [at, line] of this.lines.entries()) {
      const handle = line.querySelector(".ms-handle") ?? this.handle(line);
      const name = line.querySelector("a span")?.textContent ?? "";
      handle.setAttribute("aria-label", t("Move {name}", { name }));
      handle.toggleAttribute("hidden", !this.isOffered);
      line.toggleAttribute("data-moving", at === this.held);
    }
  }

  disconnectedCallback(): void {
    for (const line of this.lines) line.querySelector(".ms-handle")?.remove();
  }

  private get lines(): HTMLElement[] {
    return [...(this.field?.querySelectorAll("li") ?? [])];
  }

  /** True if there is another order. */
  private get isOffered(): boolean {
    const { interactive, value } = this.field?.props ?? {};
    return interactive === true && (value?.length ?? 0) > 1;
  }

  private handle(line: HTMLElement): HTMLElement {
    const handle = document.createElement("button");
    handle.type = "button";
    handle.className = "ms-tool ms-small ms-handle";
    handle.title = t("Drag to move; the arrow keys do, too");
    render(glyph(GripVertical), handle);
    handle.addEventListener("keydown", (event) => this.onKey(event, line));
    handle.addEventListener("pointerdown", (event) => this.grab(event, line, handle));
    line.prepend(handle);
    return handle;
  }

  private onKey(event: KeyboardEvent, line: HTMLElement): void {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const from = this.lines.indexOf(line);
    if (!this.lines[from + step]) return;
    this.field?.edit(this.moved(from, from + step));
    this.tell(from + step);
  }

  private grab(event: PointerEvent, line: HTMLElement, handle: HTMLElement): void {
    const { field } = this;
    if (!field || event.button !== 0) return;
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    const before = field.props.value;
    let known = before;
    this.held = this.lines.indexOf(line);
    this.show(field);
    const onMove = ({ clientY }: PointerEvent): void => {
      if (field.props.value !== known) return; // the app has shown other files meanwhile
      const to = this.lines.findIndex((each) => isBeside(each.getBoundingClientRect(), clientY));
      if (to < 0 || to === this.held) return;
      known = this.moved(this.held, to);
      this.held = to;
      field.props = { ...field.props, value: known };
    };
    const onEnd = (): void => {
      const at = this.held;
      this.held = -1;
      this.show(field);
      handle.removeEventListener("pointermove", onMove);
      if (field.props.value !== known || known === before) return;
      field.edit(known);
      this.tell(at);
    };
    handle.addEventListener("pointermove", onMove);
    handle.addEventListener("lostpointercapture", onEnd, { once: true });
  }

  /** The files, with one of them in another place. */
  private moved(from: number, to: number): FilesProps["value"] {
    const items = [...(this.field?.props.value ?? [])];
    items.splice(to, 0, ...items.splice(from, 1));
    return items;
  }

  /** Says where a file is now, and lets the keyboard go on with it. */
  private tell(at: number): void {
    this.textContent = t("Place {number} of {count}", { number: at + 1, count: this.lines.length });
    this.lines[at]?.querySelector<HTMLElement>(".ms-handle")?.focus();
  }
}

function isBeside({ top, bottom }: DOMRect, y: number): boolean {
  return y >= top && y < bottom;
}
