// @vitest-environment happy-dom
import { expect, it } from "vitest";
import { Image } from "../../src/elements/image.ts";

it("calls what it shows by the alternative text, which may come with or without an image, else by its label", async () => {
  const image = new Image();
  image.component = 4;
  image.props = {
    ...{ label: "Photo", info: null, show_label: true, container: true, interactive: false, visible: true },
    ...{ elem_id: null, elem_classes: [], scale: null, min_width: 160, value: null, sources: [], streaming: false },
    ...{ height: null, width: null, placeholder: null, buttons: [], format: "webp", alt_text: "A cat" },
    ...{ constraints: null, size: null },
  };
  document.body.replaceChildren(image);
  const shown = document.createElement("img");
  image.place(shown);
  await image.updateComplete;
  expect(shown.alt).toBe("A cat");
  image.props = { ...image.props, alt_text: "A dog" };
  await image.updateComplete;
  expect(shown.alt).toBe("A dog");
  image.describe("one box");
  image.props = { ...image.props, alt_text: null };
  await image.updateComplete;
  expect(shown.alt).toBe("Photo: one box");
});
