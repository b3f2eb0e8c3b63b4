import { nothing, type PropertyValues } from "lit";
import { Leaf, type LeafProps } from "../elements/base.ts";
import { customElement } from "../elements/parts/define.ts";
import { replaceChats, type SavedChat, savedChats, sendable } from "../elements/parts/saved_chats.ts";
import "../styles/savedconversations.css";

interface SavedConversationsProps extends LeafProps {
  /** The conversations as JSON: one text, however many there are. */
  value: string;
  key: string;
  /** True if a list of them is in the page: it says whose they are. */
  is_listed: boolean;
}

/** All conversations that the browser keeps, for an app that reads or writes them; nothing of it is seen. */
@customElement("ms-savedconversations")
export class SavedConversations extends Leaf<SavedConversationsProps> {
  /** The name under which they are kept, with the user; null until that is known. */
  private key: string | null = null;
  /** The value that was read or written last. */
  private known = "";
  /** Those that are too many to be sent: what the app writes leaves them as they are. */
  private older: readonly SavedChat[] = [];

  protected override render(): typeof nothing {
    return nothing;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("storage", this.hear);
    // The session listens from the next task on.
    setTimeout(() => this.props.is_listed || this.read(`${this.props.key}:`));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("storage", this.hear);
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    if (!this.hasUpdated) this.known = this.props.value;
  }

  protected override updated(): void {
    if (this.key !== null) this.write(this.key);
  }

  /** Keeps what the app has written. */
  private write(key: string): void {
    const { value } = this.props;
    if (value === this.known) return;
    this.known = value;
    replaceChats(key, [...(JSON.parse(value) as SavedChat[]), ...this.older]);
  }

  private read(key: string): void {
    this.key = key;
    this.write(key); // the app may have written before it was known whose they are
    const [chats, older] = sendable(savedChats(key));
    this.older = older;
    this.known = JSON.stringify(chats);
    if (this.known !== this.props.value) this.edit(this.known, null);
  }

  /** Another tab has written, or this one; or the list in this page has learned whose conversations it shows. */
  private readonly hear = ({ key, isTrusted }: StorageEvent): void => {
    const isOurs = key === this.key || (!isTrusted && key?.startsWith(`${this.props.key}:`));
    if (key !== null && isOurs) this.read(key);
  };
}
