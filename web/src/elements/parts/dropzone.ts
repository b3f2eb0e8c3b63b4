/** Files that are dragged over a part of an element, and dropped. */
import type { ReactiveController, ReactiveControllerHost } from "lit";

/** Tells `host` when files are dragged over the part with its handlers, and passes on those that are dropped. */
export class DropZone implements ReactiveController {
  /** True while acceptable files are being dragged over it. */
  isTarget = false;
  private readonly host: ReactiveControllerHost;
  private readonly isOpen: () => boolean;
  private readonly take: (files: readonly File[]) => void;

  constructor(host: ReactiveControllerHost, isOpen: () => boolean, take: (files: readonly File[]) => void) {
    this.host = host;
    this.isOpen = isOpen;
    this.take = take;
    host.addController(this);
  }

  hostDisconnected(): void {
    this.isTarget = false;
  }

  readonly onDrag = (event: DragEvent): void => {
    if (!this.isOpen() || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.setTarget(true);
  };

  readonly onDragEnd = (event: DragEvent): void => {
    // Moving from one child of the part to another does not leave it.
    if (!(event.currentTarget as Element).contains(event.relatedTarget as Node | null)) this.setTarget(false);
  };

  readonly onDrop = (event: DragEvent): void => {
    if (!this.isTarget) return;
    event.preventDefault();
    this.setTarget(false);
    this.take([...(event.dataTransfer?.files ?? [])]);
  };

  private setTarget(isTarget: boolean): void {
    if (this.isTarget === isTarget) return;
    this.isTarget = isTarget;
    this.host.requestUpdate();
  }
}
