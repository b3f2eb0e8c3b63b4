/** A plot as an image of its own: on a background, with its title and its legend. */
import type { Chart } from "./chart.ts";
import type { LegendEntry } from "./words.ts";

const PAD = 16;
const TITLE_PX = 16;
const TEXT_PX = 12;
const LINE_PX = 20;

export async function exported(chart: Chart, title: string, legend: readonly LegendEntry[]): Promise<Blob> {
  const { canvas, hues } = chart;
  const scale = canvas.width / (canvas.clientWidth || canvas.width);
  const image = document.createElement("canvas");
  const context = image.getContext("2d");
  if (!context) throw new Error("this browser draws no images");
  const width = canvas.width / scale;
  const head = title ? TITLE_PX + PAD : 0;
  context.font = `${TEXT_PX}px ${hues.font}`;
  const places = placed(legend, (text) => context.measureText(text).width, width);
  const lines = (places.at(-1)?.line ?? -1) + 1;
  image.width = canvas.width + 2 * PAD * scale;
  image.height = canvas.height + (2 * PAD + head + lines * LINE_PX) * scale;
  context.scale(scale, scale);
  context.fillStyle = hues.surface;
  context.fillRect(0, 0, image.width, image.height);
  context.drawImage(canvas, PAD, PAD + head, width, canvas.height / scale);
  context.fillStyle = hues.text;
  context.font = `600 ${TITLE_PX}px ${hues.font}`;
  context.fillText(title, PAD, PAD + TITLE_PX);
  context.font = `${TEXT_PX}px ${hues.font}`;
  for (const { name, color, left, line } of places) {
    const top = PAD + head + canvas.height / scale + line * LINE_PX + LINE_PX / 2;
    context.fillStyle = color;
    context.fillRect(PAD + left, top - 5, 10, 10);
    context.fillStyle = hues.text;
    context.fillText(name, PAD + left + LINE_PX, top + 4);
  }
  return new Promise((resolve, reject) =>
    image.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no image")))),
  );
}

interface PlacedEntry extends LegendEntry {
  left: number;
  line: number;
}

function placed(legend: readonly LegendEntry[], widthOf: (text: string) => number, width: number): PlacedEntry[] {
  let [left, line] = [0, 0];
  return legend.map((entry) => {
    const room = widthOf(entry.name) + 2 * LINE_PX;
    if (left > 0 && left + room > width) [left, line] = [0, line + 1];
    const place = { ...entry, left, line };
    left += room;
    return place;
  });
}
