import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { live } from "lit/directives/live.js";
import { Leaf, type LeafProps } from "../elements/base.ts";
import { customElement } from "../elements/parts/define.ts";
import { progress } from "../elements/parts/run.ts";
import { canonical, forPicker, fromPicker } from "./datetime/moments.ts";
import "../styles/datetime.css";
import { t } from "../words.ts";

interface DateTimeProps extends LeafProps {
  value: string | null;
  include_time: boolean;
}

/** A moment: typed, also as "now - 1d", or picked from the browser's own calendar. */
@customElement("ms-datetime")
export class DateTime extends Leaf<DateTimeProps> {
  @state() private problem = "";
  /** The text that is no moment, for as long as it stands there. */
  private draft: string | null = null;

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const before = changed.get("props") as DateTimeProps | undefined;
    if (before && before.value !== this.props.value) [this.problem, this.draft] = ["", null];
  }

  protected override render(): TemplateResult {
    const { value, include_time, interactive } = this.props;
    const { problem, name } = this;
    const kind = include_time ? "datetime-local" : "date";
    return html`
      ${this.caption()}
      <div class="ms-moment ms-beside">
        <input
          class="ms-input" id=${this.control} type="text" autocomplete="off" spellcheck="false" ?readonly=${!interactive}
          placeholder=${include_time ? "2026-01-31 18:30:00" : "2026-01-31"} aria-invalid=${problem ? "true" : nothing}
          aria-label=${this.captioned ? nothing : name} aria-describedby=${this.described(problem)} .value=${live(this.draft ?? value ?? "")}
          @change=${this.onType} @keydown=${this.onKey} @focus=${() => this.fire("focus")} @blur=${() => this.fire("blur")}
        />
        <span class="ms-calendar"><input
          type=${kind} step=${include_time ? 1 : nothing} aria-label=${t("{name}: pick", { name })} title=${t("Pick")} ?disabled=${!interactive}
          .value=${live(forPicker(value, include_time))} @click=${openPicker} @change=${this.onPick}
        /></span>
      </div>
      ${progress(this.run)}${this.notes(problem)}
    `;
  }

  private onType(event: Event): void {
    const text = (event.target as HTMLInputElement).value;
    const moment = canonical(text, this.props.include_time);
    const form = this.props.include_time ? "2026-01-31 18:30:00" : "2026-01-31";
    this.problem = moment === null ? t("Write a moment such as {form}, or now - 1d (s, m, h, d).", { form }) : "";
    this.draft = moment === null ? text : null;
    if (moment !== null && moment !== (this.props.value ?? "")) this.edit(moment || null);
  }

  private onPick(event: Event): void {
    this.problem = "";
    this.draft = null;
    this.edit(fromPicker((event.target as HTMLInputElement).value, this.props.include_time) || null);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.isComposing || !this.props.interactive) return;
    this.onType(event);
    if (!this.problem) this.fire("submit");
  }
}

/** Opens the calendar wherever the field was clicked; by keyboard it opens by itself. */
function openPicker(event: Event): void {
  try {
    (event.target as HTMLInputElement).showPicker?.();
  } catch {
    // The browser opens it in another way, or has none: the field can still be typed into.
  }
}
