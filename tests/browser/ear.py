"""What a page plays: a tap on its audio graph, every sample in order, read by `hear`.

The tap is an audio worklet of the test's own, so the page has to be opened with `bypass_csp=True`.
"""

from __future__ import annotations

import base64

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page

TAP = """
window.ear = (() => {
  const code = `registerProcessor("ear", class extends AudioWorkletProcessor {
    process([input]) {
      const samples = input[0] ? input[0].slice() : new Float32Array(128);
      this.port.postMessage(samples, [samples.buffer]);
      return true;
    }
  })`;
  const module = URL.createObjectURL(new Blob([code], {type: "text/javascript"}));
  const blocks = [], seen = {rate: 0, heardAt: 0};
  const add = AudioWorklet.prototype.addModule;
  AudioWorklet.prototype.addModule = async function (url) {
    await add.call(this, module);
    await add.call(this, url);
  };
  const Node = AudioWorkletNode;
  window.AudioWorkletNode = class extends Node {
    constructor(context, name, options) {
      // Made first, so that it listens when the other begins.
      const tap = new Node(context, "ear", {numberOfOutputs: 0});
      super(context, name, options);
      this.tap = tap;
      seen.rate = context.sampleRate;
      tap.port.onmessage = ({data}) => {
        if (!seen.heardAt && data.some((sample) => sample !== 0)) seen.heardAt = performance.now();
        blocks.push(data);
      };
    }
    connect(target, ...others) {
      if (target instanceof AudioDestinationNode) super.connect(this.tap);
      return super.connect(target, ...others);
    }
  };
  return {
    seen,
    get seconds() { return blocks.length * 128 / seen.rate; },
    read() {
      const all = new Int16Array(blocks.length * 128);
      blocks.forEach((block, at) => block.forEach((sample, i) => { all[at * 128 + i] = Math.round(sample * 32768); }));
      let text = "";
      const bytes = new Uint8Array(all.buffer);
      for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
      return btoa(text);
    },
  };
})();
"""
"""Runs in a page before its own scripts; `ear.seconds` is how much was recorded, silence included."""


def hear(page: Page) -> tuple[int, NDArray[np.int16]]:
    """Give the sample rate and all that went to the loudspeaker so far, the first channel, as int16."""
    samples = np.frombuffer(base64.b64decode(page.evaluate("ear.read()")), np.int16)
    return int(page.evaluate("ear.seen.rate")), samples
