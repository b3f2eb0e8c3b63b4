/** What every component shows now: the declared properties, with all that changed since. Pure. */

import type { ComponentDeclaration, Manifest, Props } from "../manifest.ts";

export class Store {
  private readonly declared: { [component: string]: ComponentDeclaration };
  private readonly changed = new Map<number, Props>();
  private readonly edited = new Set<number>();

  constructor(manifest: Manifest) {
    this.declared = manifest.components;
  }

  /** The components, by number. */
  get components(): number[] {
    return Object.keys(this.declared).map(Number);
  }

  typeOf(component: number): string {
    return this.declared[component]?.type ?? "";
  }

  props(component: number): Props {
    return { ...this.declared[component]?.props, ...this.changed.get(component) };
  }

  value(component: number): unknown {
    return this.props(component)["value"] ?? null;
  }

  /** The server changed properties. */
  update(component: number, props: Props): void {
    this.changed.set(component, { ...this.changed.get(component), ...props });
    if ("value" in props) this.edited.delete(component);
  }

  /** The user, or a script, changed the value. */
  edit(component: number, value: unknown): void {
    this.update(component, { value });
    this.edited.add(component);
  }

  /** The user's own values, which a fresh session is to be told; files are not among them: they went with the old one. */
  edits(): [number, unknown][] {
    return [...this.edited]
      .filter((component) => !isFile(this.value(component)))
      .map((component) => [component, this.value(component)]);
  }

  /** Takes back values that are files of an ended session; the components whose declared value counts again. */
  dropFiles(): number[] {
    const lost = this.components.filter((component) => isFile(this.changed.get(component)?.["value"]));
    for (const component of lost) {
      this.update(component, { value: this.declared[component]?.props["value"] ?? null });
    }
    return lost;
  }
}

function isFile(value: unknown): boolean {
  return typeof value === "object" && value !== null && "file" in value;
}
