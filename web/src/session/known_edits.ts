/** Which of the user's edits the server knows: a result that it made before the last one does not undo it. Pure. */

interface Edit {
  /** Edits that the worker has, but has not said to have sent. */
  waiting: number;
  /** Sequence of the last `set` that was sent. */
  seq: number;
}

export class KnownEdits {
  private readonly edits = new Map<number, Edit>();

  /** An edit was handed to the worker. */
  post(component: number): void {
    const { waiting, seq } = this.find(component);
    this.edits.set(component, { waiting: waiting + 1, seq });
  }

  /** The worker sent the oldest edit that waits as control message `seq`; 0 if it could not be sent. */
  confirm(component: number, seq: number): void {
    const edit = this.find(component);
    this.edits.set(component, { waiting: Math.max(0, edit.waiting - 1), seq: Math.max(edit.seq, seq) });
  }

  /** True if a server that had acted upon the control messages up to `seen` knew the last edit of a component. */
  isKnown(component: number, seen: number): boolean {
    const { waiting, seq } = this.find(component);
    return waiting === 0 && seq <= seen;
  }

  /** Another session begins: it counts from the start. */
  clear(): void {
    this.edits.clear();
  }

  private find(component: number): Edit {
    return this.edits.get(component) ?? { waiting: 0, seq: 0 };
  }
}
