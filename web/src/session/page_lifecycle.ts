/** The page's life in its browser: hidden, shown again, left, brought back. */

export interface PageEvents {
  /** The browser's tab went to the background, or came back. */
  tell(hidden: boolean): void;
  leave(): void;
  connect(): void;
  isConnected(): boolean;
}

/** Listens until the returned function is called. */
export function watchPage({ tell, leave, connect, isConnected }: PageEvents): () => void {
  const abort = new AbortController();
  const { signal } = abort;
  const look = (): void => {
    tell(document.hidden);
    // The user may have logged in elsewhere meanwhile.
    if (!document.hidden && !isConnected()) connect();
  };
  document.addEventListener("visibilitychange", look, { signal });
  window.addEventListener("pagehide", leave, { signal });
  // The browser brought a page back that had said goodbye.
  window.addEventListener("pageshow", ({ persisted }) => persisted && connect(), { signal });
  window.addEventListener("online", () => !isConnected() && connect(), { signal });
  return () => abort.abort();
}
