/** The legend of a plot, and the tooltip of a point. */
import { html, nothing, type TemplateResult } from "lit";
import { styled } from "../../elements/parts/styled.ts";
import { t } from "../../words.ts";
import type { Hit } from "./chart.ts";
import type { ChartView } from "./words.ts";

/** The names of the series with their colours, or the range of numbers by which points are shaded. */
export function legend({ legend: entries, range }: ChartView, title: string | null): TemplateResult | typeof nothing {
  if (range) {
    const background = `linear-gradient(to right, ${range.colors.join(", ")})`;
    return html`<div class="ms-plot-legend">
      <span>${title}</span>${range.ends[0]}<i class="ms-plot-range" ${styled({ background })}></i>${range.ends[1]}
    </div>`;
  }
  if (entries.length === 0) return nothing;
  return html`<div class="ms-plot-legend">
    <span>${title}</span>
    <ul aria-label=${title || t("Series")}>
      ${entries.map(({ name, color }) => html`<li><i ${styled({ background: color })}></i>${name}</li>`)}
    </ul>
  </div>`;
}

/** A tooltip beside its point, on the side where there is room in a field of this width. */
export function tip({ left, top, color, lines }: Hit, width: number): TemplateResult {
  const at = { left: `${left}px`, top: `${top}px` };
  const translate = `${left > width / 2 ? "calc(-100% - 12px)" : "12px"} -50%`;
  return html`
    <i class="ms-plot-dot" ${styled({ ...at, background: color })}></i>
    <dl class="ms-plot-tip" ${styled({ ...at, translate })}>
      ${lines.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
    </dl>
  `;
}
