import { describe, expect, it } from "vitest";
import { chooseFormat } from "../../src/capture/microphone.ts";
import { MAX_AUDIO_BYTES } from "../../src/codecs/pcm16.ts";

describe("the format of the audio", () => {
  it.each([
    ["the device's own", { rate: null, channels: null }, 0.5, [96_000, 4], [96_000, 4]],
    ["no more channels than the wire has", { rate: null, channels: null }, 0.1, [48_000, 16], [48_000, 8]],
    ["what the app asks for", { rate: 16_000, channels: 1 }, 0.5, [96_000, 4], [16_000, 1]],
    [
      "what is usual, if chunks of the device would be too long",
      { rate: null, channels: null },
      5,
      [192_000, 8],
      [48_000, 2],
    ],
    ["the device's own, if that is less than is usual", { rate: null, channels: null }, 10, [44_100, 1], [44_100, 1]],
    ["the app's rate, and fewer channels", { rate: 96_000, channels: null }, 2, [48_000, 6], [96_000, 2]],
    ["the app's channels, at a lower rate", { rate: null, channels: 4 }, 2.5, [192_000, 4], [48_000, 4]],
  ] as const)("is %s", (_, wish, everyS, [deviceRate, deviceChannels], [rate, channels]) => {
    const chosen = chooseFormat({ ...wish, everyS }, deviceRate, deviceChannels);
    expect(chosen).toEqual({ rate, channels });
    expect(everyS * chosen.rate * chosen.channels * 2).toBeLessThanOrEqual(MAX_AUDIO_BYTES);
  });
});
