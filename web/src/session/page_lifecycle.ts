/** The page's life in its browser: hidden, shown again, frozen, left, brought back, on another network. */

export interface PageEvents {
  /** The browser's tab went to the background, or came back. */
  tell(hidden: boolean): void;
  /** The page is closed, or left for good. */
  leave(): void;
  /** The page is left, and may be brought back as it is. */
  rest(): void;
  /** The user is back, or the network is another one. */
  wake(): void;
}

/** The kind of network, where the browser tells. */
interface NetworkInformation extends EventTarget {
  type?: string;
}

/** Listens until the returned function is called. */
export function watchPage({ tell, leave, rest, wake }: PageEvents): () => void {
  const abort = new AbortController();
  const { signal } = abort;
  const look = (): void => {
    tell(document.hidden);
    // The user may have logged in elsewhere meanwhile.
    if (!document.hidden) wake();
  };
  document.addEventListener("visibilitychange", look, { signal });
  // The browser had stopped the page and its sockets.
  document.addEventListener("resume", wake, { signal });
  window.addEventListener("pagehide", ({ persisted }) => (persisted ? rest() : leave()), { signal });
  window.addEventListener("pageshow", ({ persisted }) => persisted && wake(), { signal });
  for (const event of ["online", "offline"]) window.addEventListener(event, wake, { signal });
  const { connection } = navigator as { connection?: NetworkInformation };
  let network = connection?.type;
  const compare = (): void => {
    if (network !== connection?.type) wake();
    network = connection?.type;
  };
  connection?.addEventListener("change", compare, { signal });
  return () => abort.abort();
}
