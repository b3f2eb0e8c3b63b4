/**
 * The recordings that run: for each that cannot be seen a sign at the edge of the page, with a way back to it and a way to stop;
 * a dot on the tab or accordion that it is in, and a mark in the title of the page.
 */
import { html, nothing, render, type TemplateResult } from "lit";
import { emit, RECORD } from "../constants.ts";
import { icon } from "../elements/parts/icons.ts";
import type { Capability } from "../manifest.ts";
import type { StreamView } from "../states.ts";
import { t } from "../words.ts";

/** An element that records. */
export interface RecorderElement extends HTMLElement {
  readonly component: number;
  readonly capabilities: ReadonlySet<Capability>;
  readonly props: { label: string | null; streaming?: boolean };
}

const MARK = "● ";
/** Containers that can hide an element that records: the user can open them. */
const FOLDS = "[role=tabpanel], details";

interface Watched {
  stream: StreamView;
  isSeen: boolean;
}

export class Recorders {
  readonly element = document.createElement("div");
  private readonly entries = new Map<RecorderElement, Watched>();
  private marked: ReadonlySet<HTMLElement> = new Set();
  private watcher: IntersectionObserver | null = null;

  constructor() {
    this.element.className = "ms-recorders";
    this.element.setAttribute("aria-live", "polite");
  }

  /** The recording of an element changed state. */
  update(element: RecorderElement, stream: StreamView): void {
    const entry = this.entries.get(element);
    if (stream.state === "idle") {
      this.watcher?.unobserve(element);
      this.entries.delete(element);
    } else if (entry) entry.stream = stream;
    else if (stream.state !== "starting") {
      this.entries.set(element, { stream, isSeen: true });
      this.watcher ??= new IntersectionObserver((changes) => this.look(changes));
      this.watcher.observe(element);
    }
    this.draw();
  }

  private look(changes: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of changes) {
      const entry = this.entries.get(target as RecorderElement);
      if (entry) entry.isSeen = isIntersecting;
    }
    this.draw();
  }

  private draw(): void {
    const unseen = [...this.entries].filter(([, { isSeen }]) => !isSeen);
    render(
      unseen.map(([element, { stream }]) => sign(element, stream)),
      this.element,
    );
    const folds = [...this.entries.keys()].flatMap(foldsAround);
    const marked = new Set(folds.map(headOf).filter((head) => head !== null));
    for (const head of this.marked) if (!marked.has(head)) mark(head, false);
    for (const head of marked) mark(head, true);
    this.marked = marked;
    const plain = document.title.startsWith(MARK) ? document.title.slice(MARK.length) : document.title;
    document.title = this.entries.size > 0 ? MARK + plain : plain;
  }
}

function sign(element: RecorderElement, stream: StreamView): TemplateResult {
  const isCamera = stream.preview !== null;
  const isHeard = !isCamera || stream.microphone !== "";
  const label = element.props.label || (isCamera ? t("Camera") : t("Microphone"));
  const doing = stream.state === "running" ? t("Recording") : t("Waiting to record");
  const words = html`<span class="ms-recorder-words">${doing} <strong>${label}</strong></span>`;
  const go = html`<button type="button" class="ms-recorder-go" title=${t("Show {name}", { name: label })} @click=${() => show(element)}>${words}</button>`;
  return html`<div class="ms-recorder" role="group" aria-label="${doing}: ${label}">
    <i class="ms-recorder-dot" aria-hidden="true"></i>${isCamera ? icon("camera") : nothing}${isHeard ? icon("microphone") : nothing}
    ${isHidden(element) ? words : go}
    <button type="button" class="ms-button ms-sm" aria-label=${t("Stop recording {name}", { name: label })} @click=${() => stop(element)}>${t("Stop")}</button>
  </div>`;
}

/** Stop as the element would; a camera that is only open takes no photo. */
function stop(element: RecorderElement): void {
  const { component, capabilities, props } = element;
  const takesPhoto = capabilities.has("captures_frames") && !capabilities.has("records_video") && !props.streaming;
  emit(element, RECORD, { component, action: takesPhoto ? "close" : "stop" });
}

/** Opens what is in front of an element, and goes there. */
function show(element: RecorderElement): void {
  for (const fold of foldsAround(element)) {
    const isShut = fold instanceof HTMLDetailsElement ? !fold.open : fold.hidden;
    if (isShut) headOf(fold)?.click();
  }
  element.scrollIntoView({ block: "center" });
  element.querySelector<HTMLElement>(".stop-button, .ms-record")?.focus({ preventScroll: true });
}

/** The tabs and accordions around an element, the outermost first. */
function foldsAround(element: Element): HTMLElement[] {
  const folds: HTMLElement[] = [];
  for (let at = element.parentElement; at; at = at.parentElement) if (at.matches(FOLDS)) folds.unshift(at);
  return folds;
}

/** The element that the user presses to open it. */
function headOf(fold: HTMLElement): HTMLElement | null {
  if (fold instanceof HTMLDetailsElement) return fold.querySelector("summary");
  return document.getElementById(fold.getAttribute("aria-labelledby") ?? "");
}

/** True if the app has hidden an element, itself or with its container, so that the user cannot open it. */
function isHidden(element: HTMLElement): boolean {
  if (element.getAttribute("role") === "tabpanel") {
    const head = headOf(element) as HTMLButtonElement | null;
    if (head?.hidden || head?.disabled) return true;
  } else if (element.hidden) return true;
  return element.parentElement !== null && isHidden(element.parentElement);
}

function mark(head: Element, isMarked: boolean): void {
  head.toggleAttribute("data-recording", isMarked);
  if (isMarked) head.setAttribute("aria-description", t("Recording"));
  else head.removeAttribute("aria-description");
}
