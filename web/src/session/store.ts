/** The properties of every component as they are now: the declared ones, with all changes since. Pure. */

import type { Capability, ComponentDeclaration, Draft, FileValue, Manifest, Node, Props } from "../manifest.ts";

export class Store {
  private readonly declared: { [component: string]: ComponentDeclaration };
  private readonly changed = new Map<number, Props>();
  private readonly edited = new Set<number>();
  private readonly replacing = new Set<number>();

  private readonly layouts = new Map<number, Props>();
  private readonly parents = new Map<number, number>();
  /** Components that a script of the page writes: they may be hidden. */
  private readonly scripted: ReadonlySet<number>;

  constructor(manifest: Manifest) {
    this.declared = manifest.components;
    this.graft(null, [manifest.root]);
    const scripts = manifest.bindings.filter(({ js, handler }) => js !== null && !handler);
    this.scripted = new Set(scripts.flatMap(({ outputs }) => outputs));
  }

  /** Elements come into a layout, from the manifest or from a render. */
  graft(parent: number | null, nodes: readonly Node[]): void {
    for (const { id, props, children } of nodes) {
      if (parent !== null) this.parents.set(id, parent);
      if (props) this.layouts.set(id, props);
      this.graft(id, children ?? []);
    }
  }

  /** A component is declared anew, with the value that it has. */
  redeclare(component: number): void {
    const { value } = this.props(component);
    if (this.changed.delete(component) && this.edited.has(component)) this.changed.set(component, { value });
  }

  /** An element is gone. */
  remove(element: number): void {
    for (const each of [this.changed, this.edited, this.replacing, this.layouts, this.parents]) each.delete(element);
  }

  /** The value that the user has given a component, without files; undefined if there is none. */
  editOf(component: number): unknown {
    return this.edits().find(([edited]) => edited === component)?.[1];
  }

  /** The components, by number. */
  get components(): number[] {
    return Object.keys(this.declared).map(Number);
  }

  can(component: number, capability: Capability): boolean {
    return this.declared[component]?.capabilities?.includes(capability) ?? false;
  }

  /** True if what a component records is a photo, which is a file like any other. */
  takesPhotos(component: number): boolean {
    return this.can(component, "captures_frames") && !this.can(component, "records_video");
  }

  /** The number of seconds that the app allows to record. */
  longestS(component: number): number {
    return (this.props(component)["max_length"] ?? Number.POSITIVE_INFINITY) as number;
  }

  props(component: number): Props {
    return { ...this.declared[component]?.props, ...this.changed.get(component) };
  }

  value(component: number): unknown {
    return this.props(component)["value"] ?? null;
  }

  /** True if the app shows an element and all its containers. A closed accordion, and a tab that is not in front, hide nothing. */
  isShown(element: number): boolean {
    const { visible, interactive } = { ...this.layouts.get(element), ...this.props(element) };
    const isShut = this.layouts.has(element) && interactive === false; // a tab that cannot be opened
    const parent = this.parents.get(element);
    return visible !== false && visible !== "hidden" && !isShut && (parent === undefined || this.isShown(parent));
  }

  /** True if the server takes a value of a component from the page. */
  isOpen(component: number): boolean {
    if (this.scripted.has(component)) return true;
    return this.isShown(component) && this.props(component)["interactive"] !== false;
  }

  /** True if a component adds files to those that it has. */
  collects(component: number): boolean {
    const { collects, max_files: most } = this.props(component);
    return collects === true || (collects === "list" && most !== 1);
  }

  /** Files are chosen for a component; where they replace those before, the first of them to arrive begins anew. */
  choose(component: number): void {
    if (this.props(component)["replaces"]) this.replacing.add(component);
  }

  /** The server changed properties. */
  update(component: number, props: Props): void {
    this.changed.set(component, { ...this.changed.get(component), ...props });
    if ("value" in props) this.edited.delete(component);
  }

  /** An update with its whole value, where it carries only the new part of a list, or of the list in its `data`. */
  whole(component: number, update: Props): Props {
    if (!("splice" in update)) return update;
    const { splice, ...others } = update;
    const [start, rest, changed] = splice as [number, unknown[], Props?];
    const known = this.value(component) as unknown[] | (Props & { data: unknown[] });
    if (Array.isArray(known)) return { ...others, value: known.slice(0, start).concat(rest) };
    return { ...others, value: { ...known, ...changed, data: known.data.slice(0, start).concat(rest) } };
  }

  /** The value of a component after an upload: the file, or the list with it, in its first gap, if it collects files. */
  received(component: number, file: FileValue): unknown {
    const { collects, value, max_files: most } = this.props(component);
    const isAlone = most === 1 || this.replacing.delete(component);
    if (collects === "list") {
      const list = isAlone ? [] : [...((value ?? []) as readonly (FileValue | null)[])];
      const gap = list.indexOf(null);
      list.splice(gap < 0 ? list.length : gap, 1, file);
      return list;
    }
    if (collects !== true) return file;
    const { text, files } = (value ?? EMPTY_DRAFT) as Draft;
    return { text, files: [...files, file] };
  }

  /** The user, or a script, changed the value. */
  edit(component: number, value: unknown): void {
    this.update(component, { value });
    this.edited.add(component);
  }

  /** The user's own values, for a new session; without files, which were lost with the old one. */
  edits(): [number, unknown][] {
    return [...this.edited]
      .filter((component) => !isFile(this.value(component)) && !hasPages(this.value(component)))
      .map((component) => [component, withoutFiles(this.value(component))]);
  }

  /**
   * The changes when another session begins, which knows only the declaration: properties return to it, shown values
   * stay. A conversation lives in the handlers' memory, so it becomes the past of a new one.
   */
  renewed(): [number, Props][] {
    const renewed: [number, Props][] = [];
    for (const [element, changed] of this.changed) {
      const declared = this.declared[element]?.props ?? this.layouts.get(element) ?? {};
      const { value, past, ...others } = changed;
      const props: Props = Object.fromEntries(Object.keys(others).map((name) => [name, declared[name] ?? null]));
      if (this.can(element, "keeps_past") && Array.isArray(value) && value.length > 0) {
        props["past"] = [...((past ?? []) as unknown[]), ...value];
        props["value"] = declared["value"] ?? [];
      }
      if (Object.keys(props).length > 0) renewed.push([element, props]);
    }
    return renewed;
  }

  /** True if the user has edited anything. */
  get hasEdits(): boolean {
    return this.edited.size > 0;
  }

  /** True if a value has files, which belong to the session. */
  get hasFiles(): boolean {
    return [...this.changed.values()].some(({ value }) => isFile(value) || (isDraft(value) && value.files.length > 0));
  }

  /** Removes values that are files of an ended session; returns the components whose declared value counts again. */
  dropFiles(): number[] {
    const lost = this.components.filter((component) => isFile(this.changed.get(component)?.["value"]));
    for (const component of lost) {
      this.update(component, { value: this.declared[component]?.props["value"] ?? null });
    }
    return lost;
  }
}

const EMPTY_DRAFT: Draft = { text: "", files: [] };

function isDraft(value: unknown): value is Draft {
  return typeof value === "object" && value !== null && "text" in value && "files" in value;
}

function withoutFiles(value: unknown): unknown {
  return isDraft(value) ? { ...value, files: [] } : value;
}

/** True for a table of which rows are in files. */
function hasPages(value: unknown): boolean {
  const { data } = (value ?? {}) as { data?: unknown };
  return Array.isArray(data) && data.some((item) => !Array.isArray(item));
}

function isFile(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isFile);
  if (typeof value !== "object" || value === null) return false;
  return "file" in value || ("media" in value && isFile(value.media));
}
