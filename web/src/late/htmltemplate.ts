import { html, type PropertyValues, type TemplateResult } from "lit";
import { emit, FIRE, UPLOAD } from "../constants.ts";
import { Leaf, type LeafProps } from "../elements/base.ts";
import { customElement } from "../elements/parts/define.ts";
import { progress } from "../elements/parts/run.ts";
import { length, styled } from "../elements/parts/styled.ts";
import { showIn } from "./htmltemplate/contents.ts";
import { type Given, GivenProps, plain } from "./htmltemplate/given_props.ts";
import { OTHERS } from "./htmltemplate/morph.ts";
import { Pending, Runtime, type Template } from "./htmltemplate/runtime.ts";
import { ScopedSheet } from "./htmltemplate/scoped_sheet.ts";
import { type SentFile, sentFile } from "./htmltemplate/sent_file.ts";
import { type ServerFunctions, serverFunctions } from "./htmltemplate/server_functions.ts";

type Watcher = (value: unknown) => void;
type WatchProps = (names: string | string[], changed: Watcher) => void;
type Load = (
  element: Element,
  trigger: (event: string, data?: unknown) => void,
  props: Given,
  server: ServerFunctions,
  upload: (file: File) => Promise<SentFile>,
  watch: WatchProps,
) => Promise<void>;

declare global {
  interface Window {
    /** Written into the page by the server, by component. */
    millstreamTemplates?: { [component: number]: { html?: Template; css?: Template; load?: Load } };
  }
}

interface TemplateProps extends LeafProps {
  given: Given;
  prose: boolean;
  padding: boolean;
  min_height: number | string | null;
  max_height: number | string | null;
  autoscroll: boolean;
  /** The id of the element with the app's other elements that belong inside of this one. */
  inside?: string;
  /** The names of the functions that the script may call. */
  functions?: string[];
}

const UNREAD = "The page could not read the template: the browser's console says why.";
const runtime = new Runtime();

/** HTML made of a template, its own style sheet, and a script that works with both. */
@customElement("ms-htmltemplate")
export class HtmlTemplate extends Leaf<TemplateProps> {
  private readonly own = new GivenProps();
  private readonly watchers: { names: string[]; changed: Watcher }[] = [];
  private sheet: ScopedSheet | null = null;
  private hasLoaded = false;
  private problem = "";

  protected override render(): TemplateResult {
    const { props } = this;
    const size = { "min-height": length(props.min_height), "max-height": length(props.max_height) };
    const scrolls = { overflow: props.max_height === null ? null : "auto" };
    return html`
      ${this.caption()}
      <div
        id="ms-template-${this.component}" ${styled({ ...size, ...scrolls })} @click=${this.press}
        class="ms-template ${props.prose ? "ms-html" : ""} ${props.padding && props.prose ? "ms-padded" : ""}"
      ></div>
      ${progress(this.run)}${this.notes(this.problem)}
    `;
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has("props")) return;
    const { given, value, label, visible } = this.props as TemplateProps & Given;
    const names = this.own.take({ ...given, value: value ?? "", label, visible });
    const watchers = [...this.watchers];
    this.draw();
    for (const watcher of watchers) {
      const name = watcher.names.find((each) => names.includes(each));
      if (name !== undefined) watcher.changed(this.own.all()[name]);
    }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sheet?.remove();
  }

  private get templates(): { html?: Template; css?: Template; load?: Load } {
    return window.millstreamTemplates?.[this.component] ?? {};
  }

  private draw(): void {
    const body = this.querySelector<HTMLElement>(`#ms-template-${this.component}`);
    if (!body) return;
    const wasAtEnd = body.scrollHeight - body.scrollTop - body.clientHeight < 4;
    try {
      const { html: contents, css } = this.templates;
      if (!contents) throw new Error(UNREAD);
      const props = this.own.all();
      const rules = showIn(body, contents(props, runtime));
      this.dress(body.id, [css?.(props, runtime) ?? "", rules].join("\n"));
      this.say("");
    } catch (error) {
      if (error instanceof Pending) void error.loaded.then(() => this.draw());
      else this.say(String(error instanceof Error ? error.message : error));
      return;
    }
    this.takeIn(body);
    if (this.props.autoscroll && wasAtEnd) body.scrollTop = body.scrollHeight;
    if (!this.hasLoaded) this.load(body);
  }

  private dress(id: string, rules: string): void {
    if (!this.sheet && !rules.trim()) return;
    this.sheet ??= new ScopedSheet(id);
    this.sheet.write(rules);
  }

  /** Puts the app's elements that belong inside into their place. */
  private takeIn(body: HTMLElement): void {
    const inside = this.props.inside ? document.getElementById(this.props.inside) : null;
    if (!inside) return;
    const place = body.querySelector(`.${OTHERS}`);
    if (place && !place.contains(inside)) place.append(inside);
  }

  private load(body: HTMLElement): void {
    this.hasLoaded = true;
    const { load } = this.templates;
    if (!load) return;
    const props = this.own.forScript(
      (value) => this.edit(value),
      () => this.draw(),
    );
    const watch: WatchProps = (names, changed) => this.watchers.push({ names: [names].flat(), changed });
    const trigger = (event: string, data?: unknown): void => this.fire(event, plain(data ?? null));
    const server = serverFunctions(this.props.functions ?? [], (name, said, ended) => {
      if (!this.props.interactive) return ended(null);
      emit(this, FIRE, { component: this.component, event: `server.${name}`, data: said, ended });
    });
    const upload = (file: File): Promise<SentFile> =>
      new Promise((resolve, reject) => {
        emit(this, UPLOAD, {
          component: this.component,
          file,
          alone: (sent) => void sent.then((value) => resolve(sentFile(value)), reject),
        });
      });
    load(body, trigger, props, server, upload, watch).catch((error: unknown) => {
      reportError(error);
      this.say(`js_on_load: ${error instanceof Error ? error.message : error}`);
    });
  }

  private say(problem: string): void {
    if (problem === this.problem) return;
    this.problem = problem;
    this.requestUpdate();
  }

  private press(): void {
    if (!this.templates.load) this.fire("click");
  }
}
