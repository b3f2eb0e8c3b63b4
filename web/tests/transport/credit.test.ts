import { describe, expect, it } from "vitest";
import { DOWN_WINDOW, DownCredit, UpCredit } from "../../src/transport/credit.ts";

describe("credit of the way up", () => {
  it("starts with nothing", () => {
    expect(new UpCredit().isFree).toBe(false);
    expect(() => new UpCredit().reserve()).toThrow("no credit beyond 0");
  });

  it("obeys any number, whenever it changes", () => {
    const credit = new UpCredit();
    const sent: number[] = [];
    for (const limit of [1, 1, 7, 3, 7, 8, 23]) {
      credit.raise(limit);
      while (credit.isFree) {
        credit.reserve();
        sent.push(credit.commit());
      }
      expect(credit.last).toBe(Math.max(...[1, 1, 7, 3, 7, 8, 23].slice(0, [1, 1, 7, 3, 7, 8, 23].indexOf(limit) + 1)));
    }
    expect(sent).toEqual(Array.from({ length: 23 }, (_, i) => i + 1));
  });

  it("counts what is being encoded as sent", () => {
    const credit = new UpCredit();
    credit.raise(2);
    credit.reserve();
    credit.reserve();
    expect(credit.isFree).toBe(false);
  });

  it("leaves no gap when an encoding comes to nothing", () => {
    const credit = new UpCredit();
    credit.raise(2);
    credit.reserve();
    credit.reserve();
    credit.release();
    expect(credit.commit()).toBe(1);
    expect(credit.isFree).toBe(true);
  });
});

describe("credit of the way down", () => {
  it("lets a fixed number be on the way", () => {
    const credit = new DownCredit();
    expect(credit.limit).toBe(DOWN_WINDOW);
    expect(credit.receive(1)).toBe(1 + DOWN_WINDOW);
  });

  it("says nothing new about what was received before", () => {
    const credit = new DownCredit();
    credit.receive(5);
    expect(credit.receive(5)).toBeNull();
    expect(credit.receive(4)).toBeNull();
  });
});
