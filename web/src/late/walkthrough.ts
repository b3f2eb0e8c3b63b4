import { html, nothing, render } from "lit";
import { emit, FIRE } from "../constants.ts";
import { type Dress, dress, limitHeight } from "../elements/parts/common_props.ts";
import type { Container, Fill, LayoutPart } from "../elements/parts/container.ts";
import { customElement } from "../elements/parts/define.ts";
import { icon } from "../elements/parts/icons.ts";
import type { Node, Props } from "../manifest.ts";
import "../styles/walkthrough.css";
import { t } from "../words.ts";

/** Steps, one at a time, and a list that says which. The user may go back; only the app goes on. */
@customElement("ms-walkthrough")
export class Walkthrough extends HTMLElement implements Container {
  private readonly list = document.createElement("ol");
  private steps: Step[] = [];
  private number = -1;
  private current: Step | null = null;

  hold(node: Node, fill: Fill): ReadonlyMap<number, LayoutPart> {
    this.number = node.id;
    this.list.className = "ms-steps";
    this.steps = (node.children ?? []).map((child, at) => new Step(child, at, fill(child), () => this.show()));
    this.append(this.list, ...this.steps.map(({ element }) => element));
    return new Map(this.steps.map((step) => [step.id, step]));
  }

  apply(_: Props, { selected }: Props): void {
    const before = this.current;
    if (selected != null) this.current = this.steps.find(({ key }) => key === selected) ?? before;
    this.show();
    if (before) this.tell(before, ["change"]);
  }

  chosen(): Props {
    return { selected: this.current?.key };
  }

  /** The steps that there are for the user. */
  private get path(): Step[] {
    return this.steps.filter(({ isThere }) => isThere);
  }

  private show(): void {
    if (!this.current?.isThere) this.current = this.path[0] ?? null;
    const isWithin = this.steps.some(({ element }) => element.contains(document.activeElement));
    for (const step of this.steps) step.element.hidden = step !== this.current;
    // What had the focus is gone with its step: the keyboard goes on in the next one.
    if (isWithin && !this.current?.element.contains(document.activeElement)) this.current?.element.focus();
    const [path, current] = [this.path, this.current];
    const at = current ? path.indexOf(current) : -1;
    const items = path.map((step, index) => {
      const [isDone, isCurrent] = [index < at, index === at];
      return html`<li class=${isDone ? "ms-done" : isCurrent ? "ms-now" : ""}>
        <button
          type="button" ?disabled=${!isCurrent && !(isDone && step.isInteractive)}
          aria-current=${isCurrent ? "step" : nothing} @click=${() => this.pick(step)}
        ><i>${isDone ? icon("check") : index + 1}</i><span>${step.label}</span></button>
      </li>`;
    });
    render(items, this.list);
    this.list.setAttribute(
      "aria-label",
      t("Step {number} of {count}: {name}", {
        number: at + 1,
        count: path.length,
        name: current?.label ?? "",
      }),
    );
    this.list.dataset["words"] = t("Step {number} of {count}", { number: at + 1, count: path.length });
  }

  private pick(step: Step): void {
    const before = this.current;
    this.current = step;
    this.show();
    this.tell(before, ["select", "change"]);
  }

  /** Fires the events of another step. */
  private tell(before: Step | null, events: readonly string[]): void {
    const step = this.current;
    if (!step || step === before) return;
    const data = { index: this.steps.indexOf(step), value: step.label, selected: true };
    emit(this, FIRE, { component: step.id, event: "select", data });
    for (const event of events) emit(this, FIRE, { component: this.number, event, data });
  }
}

/** One step: its panel, which has the step's own attributes. */
class Step implements LayoutPart {
  readonly id: number;
  readonly element = document.createElement("section");
  private props: Props = {};

  constructor(
    node: Node,
    private readonly at: number,
    children: HTMLElement[],
    private readonly changed: () => void,
  ) {
    this.id = node.id;
    this.element.className = "ms-panel";
    this.element.tabIndex = -1;
    this.element.append(...children);
    this.wear(node.props ?? {});
  }

  /** The name of this one in `selected`. */
  get key(): unknown {
    return this.props["id"] ?? this.at;
  }

  get label(): string {
    return String(this.props["label"] ?? "");
  }

  get isThere(): boolean {
    return this.props["visible"] !== false;
  }

  get isInteractive(): boolean {
    return this.props["interactive"] !== false;
  }

  apply(changed: Props): void {
    this.wear(changed);
    this.changed();
  }

  private wear(changed: Props): void {
    this.props = { ...this.props, ...changed };
    dress(this.element, this.props as Dress);
    limitHeight(this.element, this.props);
    this.element.setAttribute("aria-label", this.label);
  }
}
