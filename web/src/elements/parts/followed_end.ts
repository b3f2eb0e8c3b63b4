/** The end of a field of text, which stays in view as text comes in, unless its reader has gone up. */

/** So far from the end, in pixels, a reader is still at it. */
const SLACK_PX = 11;

export class FollowedEnd {
  private isFollowed = true;
  private top = 0;
  private isDue = false;

  /** For `@scroll`: a reader who goes up is left there; one who comes back to the end is taken along again. */
  readonly onScroll = ({ target }: Event): void => {
    const field = target as HTMLElement;
    // Text that came in since the scrolling, which is told late, moves the end, and nobody up.
    if (endOf(field) - field.scrollTop <= SLACK_PX) this.isFollowed = true;
    else if (field.scrollTop < this.top) this.isFollowed = false;
    this.top = field.scrollTop;
  };

  /**
   * The field has other text: shows its end in the next frame, which lays the page out anyway.
   *
   * To ask for sizes at once would lay it out once more for each field that changes.
   */
  follow(field: HTMLElement): void {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      this.show(field);
    });
  }

  private show(field: HTMLElement): void {
    const end = endOf(field);
    const isWritten = field.ownerDocument.activeElement === field;
    if (isWritten || end <= SLACK_PX) this.isFollowed = end - field.scrollTop <= SLACK_PX;
    else if (this.isFollowed) field.scrollTop = end;
    this.top = field.scrollTop;
  }
}

/** The `scrollTop` at which the end is shown. */
function endOf({ scrollHeight, clientHeight }: HTMLElement): number {
  return scrollHeight - clientHeight;
}
