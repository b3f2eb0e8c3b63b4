/** 3D models in files, as objects of three.js. */
import {
  BufferAttribute,
  BufferGeometry,
  Color,
  Group,
  LoadingManager,
  type Material,
  Mesh,
  MeshStandardMaterial,
  type Object3D,
  Points,
  PointsMaterial,
} from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { OBJLoader } from "three/addons/loaders/OBJLoader.js";
import { PLYLoader } from "three/addons/loaders/PLYLoader.js";
import { STLLoader } from "three/addons/loaders/STLLoader.js";

export type DisplayMode = "solid" | "wireframe" | "point_cloud";

/** The header of a GLB, and that of its first part. */
const GLB_HEAD_BYTES = 20;
const SPLAT_BYTES = 32;
const GREY = 0xb4b8bc;
/** The zeroth band of spherical harmonics, in which splats have their colours. */
const HARMONIC = 0.28209479177387814;

/** Reads a model. Rejects if the file is broken, or refers to anything outside of itself. */
export async function parseModel(data: ArrayBuffer, kind: string): Promise<Object3D> {
  if (kind === "glb" || kind === "gltf") return sceneOf(data, kind === "glb");
  if (kind === "obj") return coloured(new OBJLoader().parse(new TextDecoder().decode(data)));
  if (kind === "stl") return meshOf(new STLLoader().parse(data));
  if (kind === "ply") return plyOf(data);
  return splatOf(data);
}

/** The scene of a glTF document. The decoder of compressed meshes is loaded for a document that has some. */
async function sceneOf(data: ArrayBuffer, isBinary: boolean): Promise<Object3D> {
  const loader = gltfLoader();
  const draco = isCompressed(data, isBinary) ? (await import("./draco.ts")).dracoLoader() : null;
  loader.setDRACOLoader(draco);
  try {
    return (await loader.parseAsync(data, "")).scene;
  } catch (error) {
    throw error instanceof Error ? error : new Error(String((error as { error?: unknown }).error)); // of a worker
  } finally {
    draco?.dispose();
  }
}

/** True if a document names the compression: a binary one does so in its first part, which is JSON. */
export function isCompressed(data: ArrayBuffer, isBinary: boolean): boolean {
  const hasHead = isBinary && data.byteLength >= GLB_HEAD_BYTES;
  const length = hasHead ? new DataView(data).getUint32(GLB_HEAD_BYTES - 8, true) : data.byteLength;
  const json = new Uint8Array(data, hasHead ? GLB_HEAD_BYTES : 0).subarray(0, length);
  return new TextDecoder().decode(json).includes("KHR_draco_mesh_compression");
}

/** A loader that takes from a file only what is in it. */
function gltfLoader(): GLTFLoader {
  const manager = new LoadingManager();
  manager.setURLModifier((address) => (/^(data|blob):/.test(address) ? address : "data:,"));
  return new GLTFLoader(manager);
}

function coloured(group: Object3D): Object3D {
  group.traverse((each) => {
    if (!(each instanceof Mesh)) return;
    const hasColors = each.geometry.hasAttribute("color");
    each.material = new MeshStandardMaterial({ color: hasColors ? 0xffffff : GREY, vertexColors: hasColors, side: 2 });
  });
  return group;
}

function meshOf(geometry: BufferGeometry): Object3D {
  if (!geometry.hasAttribute("normal")) geometry.computeVertexNormals();
  return coloured(new Group().add(new Mesh(geometry)));
}

/** A mesh, or points if there are no faces; the points of a splat have their colours in harmonics. */
function plyOf(data: ArrayBuffer): Object3D {
  const loader = new PLYLoader();
  loader.setCustomPropertyNameMapping({ harmonics: ["f_dc_0", "f_dc_1", "f_dc_2"] });
  const geometry = loader.parse(data);
  const harmonics = geometry.getAttribute("harmonics");
  const isSplat = harmonics !== undefined && harmonics.count > 0 && !Number.isNaN(harmonics.getX(0));
  if (isSplat) {
    const colors = Float32Array.from(harmonics.array, (value) => Math.min(1, Math.max(0, 0.5 + HARMONIC * value)));
    geometry.setAttribute("color", new BufferAttribute(colors, 3));
  }
  geometry.deleteAttribute("harmonics");
  return geometry.index && geometry.index.count > 0 ? meshOf(geometry) : pointsOf(geometry);
}

function splatOf(data: ArrayBuffer): Object3D {
  const count = Math.floor(data.byteLength / SPLAT_BYTES);
  const view = new DataView(data);
  const positions = new Float32Array(count * 3);
  const colors = new Float32Array(count * 3);
  const color = new Color();
  for (let splat = 0; splat < count; splat++) {
    const at = splat * SPLAT_BYTES;
    for (let axis = 0; axis < 3; axis++) positions[splat * 3 + axis] = view.getFloat32(at + axis * 4, true);
    const part = (channel: number): number => view.getUint8(at + 24 + channel) / 255;
    color.setRGB(part(0), part(1), part(2), "srgb").toArray(colors, splat * 3);
  }
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(positions, 3));
  geometry.setAttribute("color", new BufferAttribute(colors, 3));
  return pointsOf(geometry);
}

function pointsOf(geometry: BufferGeometry): Object3D {
  const vertexColors = geometry.hasAttribute("color");
  const material = new PointsMaterial({
    size: 2,
    sizeAttenuation: false,
    vertexColors,
    color: vertexColors ? 0xffffff : GREY,
  });
  return new Group().add(new Points(geometry, material));
}

/** Shows a model as faces, edges or points. */
export function displayed(model: Object3D, mode: DisplayMode): Object3D {
  if (mode === "solid") return model;
  const clouds: [Object3D, Points][] = [];
  model.traverse((each) => {
    if (!(each instanceof Mesh)) return;
    const materials: Material[] = Array.isArray(each.material) ? each.material : [each.material];
    if (mode === "wireframe") for (const material of materials) Object.assign(material, { wireframe: true });
    else clouds.push([each, pointsOf(each.geometry).children[0] as Points]);
  });
  for (const [mesh, points] of clouds) {
    points.position.copy(mesh.position);
    points.quaternion.copy(mesh.quaternion);
    points.scale.copy(mesh.scale);
    mesh.parent?.add(points);
    mesh.removeFromParent();
  }
  return model;
}
