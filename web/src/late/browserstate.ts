import { nothing, type PropertyValues } from "lit";
import { Leaf, type LeafProps } from "../elements/base.ts";
import { customElement } from "../elements/parts/define.ts";
import "../styles/browserstate.css";

interface BrowserStateProps extends LeafProps {
  key: string;
}

/** The text that the browser keeps; null if it keeps none, or nothing at all, as in some private windows. */
function kept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function keep(key: string, text: string): void {
  try {
    if (localStorage.getItem(key) !== text) localStorage.setItem(key, text);
  } catch (error) {
    console.warn(`The browser does not keep ${key}:`, error);
  }
}

/** A value that the browser keeps. */
@customElement("ms-browserstate")
export class BrowserState extends Leaf<BrowserStateProps> {
  /** True once the value that the browser kept has been read. */
  private isRead = false;

  protected override render(): typeof nothing {
    return nothing;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("storage", this.hear);
    // After the first update, which would keep the value that the app declares.
    setTimeout(() => this.read());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("storage", this.hear);
  }

  protected override updated(changed: PropertyValues): void {
    if (this.isRead && changed.has("props")) keep(this.props.key, JSON.stringify(this.props.value ?? null));
  }

  private read(): void {
    this.isRead = true;
    this.take(kept(this.props.key));
  }

  /** Another tab has written. */
  private readonly hear = ({ key, newValue }: StorageEvent): void => {
    if (key === this.props.key) this.take(newValue);
  };

  private take(text: string | null): void {
    if (text === null || text === JSON.stringify(this.props.value ?? null)) return;
    try {
      this.edit(JSON.parse(text), null);
    } catch {
      // Something else has written under this name: the app's value takes its place with the next change.
    }
  }
}
