import { beforeEach, describe, expect, it } from "vitest";
import { captionOf, drawMarks, labelSpot, scaleOf } from "../../src/overlay/drawing.ts";
import { MarkKind } from "../../src/overlay/marks.ts";
import { box } from "./marks.ts";

/** A context that notes what is drawn, with its colours and dashes. */
class NotedContext {
  readonly canvas = { width: 640, height: 480 };
  readonly drawn: string[] = [];
  strokeStyle = "";
  fillStyle = "";
  lineWidth = 1;
  private dash: number[] = [];
  private path: string[] = [];

  measureText = (text: string) => ({ width: text.length * 10 });
  setLineDash = (dash: number[]) => {
    this.dash = dash;
  };
  beginPath = () => {
    this.path = [];
  };
  rect = (...at: number[]) => this.path.push(`rect ${at}`);
  moveTo = (...at: number[]) => this.path.push(`from ${at}`);
  lineTo = (...at: number[]) => this.path.push(`to ${at}`);
  arc = (x: number, y: number) => this.path.push(`dot ${x},${y}`);
  closePath = () => this.path.push("close");
  stroke = () => {
    const dashed = this.dash.length > 0 ? "dashed " : "";
    this.drawn.push(`${dashed}stroke ${this.strokeStyle}: ${this.path.join(" ")}`);
  };
  fill = () => this.drawn.push(`fill ${this.fillStyle}: ${this.path.join(" ")}`);
  fillRect = (...at: number[]) => this.drawn.push(`field ${this.fillStyle}: ${at.map(Math.round)}`);
  fillText = (text: string) => this.drawn.push(`text ${this.fillStyle}: ${text}`);
  save() {}
  restore() {}
}

let noted: NotedContext;

beforeEach(() => {
  noted = new NotedContext();
});

const draw = (...marks: Parameters<typeof drawMarks>[1][number][]): string[] => {
  drawMarks(noted as never, marks, false);
  return noted.drawn;
};

describe("a box", () => {
  it("is drawn at its pixels, over a halo", () => {
    expect(draw(box([0.25, 0.25, 0.5, 0.5], { color: "#f0e442" }))).toEqual([
      "stroke rgb(0 0 0 / 65%): rect 160,120,160,120",
      "stroke #f0e442: rect 160,120,160,120",
    ]);
  });

  it("has a light halo if its colour is dark", () => {
    expect(draw(box([0, 0, 1, 1], { color: "rgb(0 0 80)" }))[0]).toMatch(/^stroke rgb\(255 255 255/);
  });

  it("has its caption on a field of its colour, above it", () => {
    const [, , field, text] = draw(box([0.25, 0.25, 0.5, 0.5], { color: "#f0e442", label: "cat", score: 0.9 }));
    expect(field).toBe("field #f0e442: 160,99,79,21");
    expect(text).toBe("text #000: cat 90%");
  });

  it("is dashed if it is carried on, and its caption is not", () => {
    drawMarks(noted as never, [box([0, 0.5, 1, 1], { label: "cat" })], true);
    expect(noted.drawn.filter((line) => line.startsWith("dashed"))).toHaveLength(2);
  });
});

describe("other marks", () => {
  it("poses have edges only between points that are there", () => {
    const points = Float64Array.from([0, 0, Number.NaN, Number.NaN, 0.5, 0.5]);
    const edges = Uint8Array.from([0, 1, 0, 2, 0, 9]);
    const drawn = draw(box([], { kind: MarkKind.KEYPOINTS, points, edges, color: "#f0e442" })).join("\n");
    expect(drawn).toContain("stroke #f0e442: from 0,0 to 320,240\n");
    expect(drawn).toContain("dot 320,240");
    expect(drawn).not.toContain("NaN");
  });

  it("a closed line is filled, an open one is not", () => {
    const points = Float64Array.from([0, 0, 0.5, 0, 0.5, 0.5]);
    expect(draw(box([], { kind: MarkKind.LINE, points, isClosed: true, color: "#f0e442" }))[0]).toBe(
      "fill #f0e442: from 0,0 to 320,0 to 320,240 close",
    );
    noted.drawn.length = 0;
    expect(draw(box([], { kind: MarkKind.LINE, points }))[0]).toMatch(/^stroke/);
  });

  it("a text is text, whatever is in it", () => {
    const label = "<img src=x onerror=alert(1)>";
    const drawn = draw(box([0.5, 0.5], { kind: MarkKind.TEXT, label, color: "#f0e442" }));
    expect(drawn[1]).toBe(`text #000: ${label}`);
  });

  it("a kind that this page does not know is not drawn", () => {
    expect(draw(box([0.5, 0.5], { kind: 99 }))).toEqual([]);
  });
});

describe("a label", () => {
  it("lies above its corner, inside of it where there is no room, and always in the frame", () => {
    const frame = [640, 480] as const;
    expect(labelSpot([100, 100], [50, 20], frame)).toEqual([100, 80]);
    expect(labelSpot([100, 10], [50, 20], frame)).toEqual([100, 10]);
    expect(labelSpot([-30, -30], [50, 20], frame)).toEqual([0, 0]);
    expect(labelSpot([630, 900], [50, 20], frame)).toEqual([590, 460]);
    expect(labelSpot([10, 10], [900, 20], frame)).toEqual([0, 10]);
  });

  it("is label and score, or either", () => {
    expect(captionOf({ label: "cat", score: 0.904 })).toBe("cat 90%");
    expect(captionOf({ label: null, score: 0 })).toBe("0%");
    expect(captionOf({ label: null, score: null })).toBe("");
  });

  it("grows with the frame", () => {
    expect(scaleOf(640, 480).text).toBeCloseTo(15.4, 1);
    expect(scaleOf(1920, 1080).text).toBeGreaterThan(30);
    for (const [width, height] of [
      [640, 480],
      [480, 640],
      [1920, 1080],
    ] as const) {
      // On a phone, and at its own size.
      for (const shown of [260 / width, 1]) {
        expect(scaleOf(width, height, shown).text * shown).toBeCloseTo(13);
        expect(scaleOf(width, height, shown).line * shown).toBeCloseTo(2);
      }
    }
    // Text of fewer pixels of the frame could not be read, however large they are shown.
    expect(scaleOf(640, 480, 3).text).toBe(9);
    expect(scaleOf(640, 480, 0.01).text).toBeLessThan(50);
    expect(scaleOf(10, 10)).toEqual({ line: 1.5, text: 11 });
  });
});
