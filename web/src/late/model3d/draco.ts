/**
 * Decodes the compressed meshes of glTF files (`KHR_draco_mesh_compression`), in workers: a large file takes seconds.
 *
 * The decoder is Google's Draco in JavaScript (Apache-2.0), which comes with three.js; the one in WebAssembly would need
 * a weaker security policy of the whole page.
 */
import decoder from "three/addons/libs/draco/gltf/draco_decoder.js?raw";
import { DRACOLoader } from "three/addons/loaders/DRACOLoader.js";

const WORKERS = 2;
/** One address for all documents of the page. */
const ADDRESS = URL.createObjectURL(new Blob([decoder], { type: "text/javascript" }));

/** A loader for one document; `dispose()` ends its workers. */
export function dracoLoader(): DRACOLoader {
  const loader = new DRACOLoader().setWorkerLimit(WORKERS);
  // three.js takes paths of the decoder in WebAssembly only, and chooses that wherever there is any.
  return Object.assign(loader, { decoderConfig: { type: "js" }, decoderPaths: { dep_js: ADDRESS } });
}
