import { beforeEach, describe, expect, it } from "vitest";
import { Carrying } from "../../src/overlay/carrying.ts";
import type { Mark } from "../../src/overlay/marks.ts";
import { box } from "./marks.ts";

let carrying: Carrying;

beforeEach(() => {
  carrying = new Carrying();
});

/** The left edges of the marks at a time in ms. */
const lefts = (ms: number): number[] => carrying.at(ms * 1000).map(({ points }) => Number(points[0]?.toFixed(4)));
const add = (marks: Mark[], ms: number): void => carrying.add(marks, ms * 1000);
const at = (left: number, more: Partial<Mark> = {}): Mark => box([left, 0.2, left + 0.1, 0.3], more);

describe("marks that are carried on", () => {
  it("are none before the first result", () => {
    expect(carrying.at(0)).toEqual([]);
  });

  it("stand after one result", () => {
    add([at(0.1, { id: 1 })], 0);
    expect(lefts(200)).toEqual([0.1]);
  });

  it("move on as they came, each by its identity", () => {
    add([at(0.1, { id: 1 }), at(0.8, { id: 2 })], 0);
    add([at(0.7, { id: 2 }), at(0.2, { id: 1 })], 200);
    expect(lefts(200)).toEqual([0.7, 0.2]);
    expect(lefts(300)).toEqual([0.65, 0.25]);
    expect(lefts(400)).toEqual([0.6, 0.3]);
  });

  it("move by their label if only one has it", () => {
    add([at(0.1, { label: "cup" })], 0);
    add([at(0.2, { label: "cup" })], 100);
    expect(lefts(150)).toEqual([0.25]);
  });

  it("stand if several have the label, for nobody knows which is which", () => {
    add([at(0.1, { label: "cup" }), at(0.5, { label: "cup" })], 0);
    add([at(0.2, { label: "cup" }), at(0.6, { label: "cup" })], 100);
    expect(lefts(150)).toEqual([0.2, 0.6]);
  });

  it("stand where a label has jumped to another part of the frame", () => {
    add([at(0.1, { label: "cup" })], 0);
    add([at(0.6, { label: "cup" })], 100);
    expect(lefts(150)).toEqual([0.6]);
  });

  it("stand when they are new", () => {
    add([at(0.1, { id: 1 })], 0);
    add([at(0.5, { id: 2 })], 100);
    expect(lefts(150)).toEqual([0.5]);
  });

  it("do not move on for ever", () => {
    add([at(0.1, { id: 1 })], 0);
    add([at(0.11, { id: 1 })], 500);
    expect(lefts(1100)).toEqual(lefts(1900));
  });

  it("are gone when the result is too old to tell", () => {
    add([at(0.1, { id: 1 })], 0);
    add([at(0.2, { id: 1 })], 100);
    expect(lefts(800)).toHaveLength(1);
    expect(lefts(1000)).toEqual([]);
  });

  it("keep a point that is not there", () => {
    add([box([0.1, 0.1, Number.NaN, Number.NaN], { id: 1 })], 0);
    add([box([0.2, 0.2, Number.NaN, Number.NaN], { id: 1 })], 100);
    expect([...(carrying.at(150_000)[0]?.points ?? [])]).toEqual([
      expect.closeTo(0.25),
      expect.closeTo(0.25),
      Number.NaN,
      Number.NaN,
    ]);
  });

  it("do not go back to an older result", () => {
    add([at(0.3)], 200);
    add([at(0.1)], 100);
    expect(lefts(200)).toEqual([0.3]);
  });
});
