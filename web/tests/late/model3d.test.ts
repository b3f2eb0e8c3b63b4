// @vitest-environment happy-dom
import { Mesh, type Object3D, Points } from "three";
import { beforeEach, expect, it, vi } from "vitest";
import { EDIT, FIRE, listen, UPLOAD } from "../../src/constants.ts";
import { displayed, isCompressed, parseModel } from "../../src/late/model3d/model_files.ts";
import { Model3D } from "../../src/late/model3d.ts";

const TRIANGLE = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n";
const PLY = `ply
format ascii 1.0
element vertex 2
property float x
property float y
property float z
property float f_dc_0
property float f_dc_1
property float f_dc_2
end_header
0 0 0 0 0 0
1 1 1 9 9 9
`;
const bytes = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer as ArrayBuffer;

function meshes(model: Object3D): Mesh[] {
  const found: Mesh[] = [];
  model.traverse((each) => {
    if (each instanceof Mesh) found.push(each);
  });
  return found;
}

function clouds(model: Object3D): Points[] {
  const found: Points[] = [];
  model.traverse((each) => {
    if (each instanceof Points) found.push(each);
  });
  return found;
}

it("reads meshes, and shows their edges or their points", async () => {
  expect(meshes(await parseModel(bytes(TRIANGLE), "obj"))).toHaveLength(1);
  const edges = displayed(await parseModel(bytes(TRIANGLE), "obj"), "wireframe");
  expect((meshes(edges)[0] as unknown as { material: { wireframe: boolean } }).material.wireframe).toBe(true);
  const points = displayed(await parseModel(bytes(TRIANGLE), "obj"), "point_cloud");
  expect([meshes(points).length, clouds(points).length]).toEqual([0, 1]);
});

it("reads splats as coloured points", async () => {
  const [cloud] = clouds(await parseModel(bytes(PLY), "ply"));
  expect([...(cloud?.geometry.getAttribute("color").array ?? [])]).toEqual([0.5, 0.5, 0.5, 1, 1, 1]);
  const data = new DataView(new ArrayBuffer(64));
  data.setFloat32(32, 7, true);
  data.setUint8(56, 255);
  const [splats] = clouds(await parseModel(data.buffer, "splat"));
  expect(splats?.geometry.getAttribute("position").getX(1)).toBe(7);
  expect([...(splats?.geometry.getAttribute("color").array ?? [])].map(Math.round)).toEqual([0, 0, 0, 1, 0, 0]);
});

it("knows a document with compressed meshes by the part that is JSON", () => {
  const glb = (json: string, rest: string): ArrayBuffer => {
    const whole = new Uint8Array(bytes(`glTF................${json}${rest}`));
    new DataView(whole.buffer).setUint32(12, json.length, true);
    return whole.buffer;
  };
  const named = '{"extensionsUsed": ["KHR_draco_mesh_compression"]}';
  expect(isCompressed(glb(named, ""), true)).toBe(true);
  expect(isCompressed(glb("{}", named), true)).toBe(false);
  expect(isCompressed(bytes(named), false)).toBe(true);
  expect(isCompressed(bytes("glTF"), true)).toBe(false);
});

it("rejects a file that is broken", async () => {
  await expect(parseModel(bytes("glTF garbage"), "glb")).rejects.toThrow();
});

let model: Model3D;
let said: unknown[];

beforeEach(async () => {
  document.body.replaceChildren();
  said = [];
  model = new Model3D();
  model.component = 6;
  model.props = {
    ...{ label: "Model", info: null, show_label: true, container: true, interactive: true, visible: true },
    ...{ elem_id: null, elem_classes: [], scale: null, min_width: 160, height: null, display_mode: "solid" },
    ...{
      clear_color: null,
      camera_position: [null, null, null],
      zoom_speed: 1,
      pan_speed: 1,
      accept: [".glb", ".obj"],
    },
    value: null,
  };
  document.body.append(model);
  for (const name of [EDIT, FIRE, UPLOAD] as const) listen(model, name, (detail) => said.push(detail));
  await model.updateComplete;
});

it("takes models, and says which it does not take", async () => {
  const input = model.querySelector("input") as HTMLInputElement;
  const choose = async (name: string): Promise<void> => {
    Object.defineProperty(input, "files", { configurable: true, value: [new File(["x"], name)] });
    input.dispatchEvent(new Event("change"));
    await model.updateComplete;
  };
  await choose("a.pdf");
  expect(model.querySelector(".ms-problem")?.textContent).toBe("a.pdf is no 3D model: take one of .glb, .obj.");
  await choose("a.obj");
  expect(said).toMatchObject([{ component: 6, file: { name: "a.obj" } }]);
});

it("links to a model at another address, and says why a file is not shown", async () => {
  model.props = { ...model.props, value: { url: "https://example.org/a.glb" } };
  await model.updateComplete;
  expect(model.querySelector("a")?.getAttribute("href")).toBe("https://example.org/a.glb");
  vi.stubGlobal("fetch", () => Promise.reject(new Error("gone.")));
  model.props = { ...model.props, value: { file: "h", name: "a.glb", type: "model/gltf-binary", kind: "glb" } };
  await vi.waitFor(() => expect(model.querySelector(".ms-trouble")).not.toBeNull());
  vi.unstubAllGlobals();
  model.querySelector<HTMLElement>("[title=Clear]")?.click();
  expect(said).toEqual([
    { component: 6, value: null },
    { component: 6, event: "input", data: undefined },
    { component: 6, event: "clear", data: undefined },
  ]);
});
