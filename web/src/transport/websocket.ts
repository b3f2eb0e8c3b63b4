/** One WebSocket, as a transport. */

import type { OpenTransport } from "./transport.ts";

/** Subprotocol that server and page agree upon; its number is the protocol's version. */
const SUBPROTOCOL = "millstream.1";

export const openWebSocket: OpenTransport = (url, events) => {
  const socket = new WebSocket(url, SUBPROTOCOL);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => events.opened();
  socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => events.received(new Uint8Array(data));
  socket.onclose = ({ code }) => events.closed(code);
  return {
    get waiting() {
      return socket.bufferedAmount;
    },
    send(data) {
      if (socket.readyState === WebSocket.OPEN) socket.send(data);
    },
    close(code) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close(code);
    },
  };
};
