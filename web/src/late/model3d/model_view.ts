/** A model on a canvas, with a camera around it. Draws when something has changed, and not otherwise. */
import {
  AmbientLight,
  Box3,
  DirectionalLight,
  type Object3D,
  PerspectiveCamera,
  Scene,
  Spherical,
  Vector3,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { type DisplayMode, displayed, parseModel } from "./model_files.ts";

export interface ModelLook {
  mode: DisplayMode;
  /** Red, green, blue and alpha of 0 to 1; null for the page's own colour. */
  clear: readonly number[] | null;
  /** Degrees around, degrees from above, distance; null for what shows the whole model. */
  camera: readonly (number | null)[];
  zoomSpeed: number;
  panSpeed: number;
}

const DEGREE = Math.PI / 180;
const FIELD_DEGREES = 45;
/** Room around the model at first: a factor. */
const ROOM = 1.15;

export class ModelView {
  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly camera = new PerspectiveCamera(FIELD_DEGREES, 1, 0.01, 1000);
  private readonly controls: OrbitControls;
  private readonly watcher: ResizeObserver;
  private model: Object3D | null = null;
  private look: ModelLook | null = null;

  /** Throws if the browser gives no WebGL. */
  constructor(canvas: HTMLCanvasElement) {
    this.renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true });
    const sun = new DirectionalLight(0xffffff, 2);
    sun.position.set(1, 2, 1.5);
    this.camera.add(sun);
    this.scene.add(this.camera, new AmbientLight(0xffffff, 1.2));
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.addEventListener("change", () => this.draw());
    this.watcher = new ResizeObserver(() => this.resize());
    this.watcher.observe(canvas);
    canvas.style.touchAction = "pan-y pinch-zoom";
  }

  /** Shows a model. Rejects if the file is broken. */
  async show(data: ArrayBuffer, kind: string, look: ModelLook): Promise<void> {
    const model = displayed(await parseModel(data, kind), look.mode);
    const size = new Box3().setFromObject(model).getSize(new Vector3()).length();
    if (!(size > 0) || !Number.isFinite(size)) throw new Error("there is nothing in it to be seen");
    this.clear();
    this.model = model;
    this.scene.add(model);
    this.reset(look);
  }

  /** Puts the camera where it was at first. */
  reset(look = this.look): void {
    if (!this.model || !look) return;
    this.look = look;
    const box = new Box3().setFromObject(this.model);
    const center = box.getCenter(new Vector3());
    const radius = box.getSize(new Vector3()).length() / 2;
    const whole = (radius * ROOM) / Math.sin((FIELD_DEGREES / 2) * DEGREE);
    const [around, above, distance] = look.camera;
    const place = new Spherical(distance ?? whole, (above ?? 70) * DEGREE, (around ?? 25) * DEGREE).makeSafe();
    Object.assign(this.camera, { near: radius / 100, far: whole * 100 });
    this.camera.position.setFromSpherical(place).add(center);
    Object.assign(this.controls, { zoomSpeed: look.zoomSpeed, panSpeed: look.panSpeed });
    this.controls.target.copy(center);
    const [red = 0, green = 0, blue = 0, alpha = 0] = look.clear ?? [];
    this.renderer.setClearColor(
      (Math.round(red * 255) << 16) | (Math.round(green * 255) << 8) | Math.round(blue * 255),
    );
    this.renderer.setClearAlpha(alpha);
    this.resize();
    this.controls.update();
    this.draw();
  }

  /** Turns the camera around the model, in degrees, and goes nearer by a factor. */
  turn(around: number, above: number, factor = 1): void {
    const { target } = this.controls;
    const place = new Spherical().setFromVector3(this.camera.position.clone().sub(target));
    place.theta += around * DEGREE;
    place.phi += above * DEGREE;
    place.radius *= factor;
    this.camera.position.setFromSpherical(place.makeSafe()).add(target);
    this.controls.update();
    this.draw();
  }

  /** Takes the model away. */
  clear(): void {
    this.model?.removeFromParent();
    this.model?.traverse((each) => {
      const { geometry, material } = each as { geometry?: { dispose(): void }; material?: unknown };
      geometry?.dispose();
      for (const one of [material].flat()) (one as { dispose?(): void } | undefined)?.dispose?.();
    });
    this.model = null;
  }

  close(): void {
    this.watcher.disconnect();
    this.clear();
    this.controls.dispose();
    this.renderer.dispose();
  }

  private resize(): void {
    const { clientWidth, clientHeight } = this.renderer.domElement;
    if (!clientWidth || !clientHeight) return;
    this.camera.aspect = clientWidth / clientHeight;
    this.camera.updateProjectionMatrix();
    this.renderer.setPixelRatio(Math.min(2, devicePixelRatio));
    this.renderer.setSize(clientWidth, clientHeight, false);
    this.draw();
  }

  private draw(): void {
    if (this.model) this.renderer.render(this.scene, this.camera);
  }
}
