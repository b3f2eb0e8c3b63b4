"""The frame in which a notebook shows an app below a cell."""

from __future__ import annotations

import html
import importlib
import json
import re
import secrets
from typing import Final

from millstream.server.security.headers import FEATURES

HEIGHT: Final = 500
WIDTH: Final = "100%"

_SIZE: Final = re.compile(r"[0-9]{1,5}(\.[0-9]{1,3})?(px|%|r?em|d?v[hw])?")

_SCRIPT: Final = """
(() => {
  const frame = document.getElementById(%(id)s), link = document.getElementById(%(id)s + "-link");
  const body = document.body, dark = /(^| )vscode-(dark|high-contrast)( |$)/;
  const isCode = /(^| )vscode-/.test(body.className);
  const light = body.dataset.jpThemeLight ?? (isCode ? String(!dark.test(body.className)) : null);
  const scheme = light === null ? document.documentElement.getAttribute("theme") : light === "true" ? "light" : "dark";
  const show = (address) => {
    link.href = address;
    const shown = new URL(address);
    if (scheme === "dark" || scheme === "light") {
      shown.searchParams.set("__theme", scheme);
      frame.style.colorScheme = scheme;
    }
    frame.src = shown;
  };
  const say = (sentence) => {
    frame.remove();
    link.parentElement.textContent = sentence;
  };
  const colab = globalThis.google?.colab?.kernel;
  if (colab?.accessAllowed === false) return say("Run this cell to start the app.");
  if (colab) {
    const lost = (error) => say(`Colab does not show port %(port)s: ${error}`);
    return void colab.proxyPort(%(port)s, { cache: false }).then(show, lost);
  }
  if (isCode) link.textContent = "Open in a browser, which has the camera and the microphone";
  const address = new URL(%(url)s), isWeb = /^https?:$/.test(location.protocol);
  if (isWeb && /^(localhost|127\\.0\\.0\\.1)$/.test(location.hostname)) address.hostname = location.hostname;
  else if (isWeb) {
    const jupyter = document.getElementById("jupyter-config-data");
    const proxy = jupyter && `${JSON.parse(jupyter.textContent).baseUrl}proxy/%(port)s/`;
    if (proxy) return void show(new URL(proxy, location.href).href);
  }
  show(address.href);
})();
"""
"""Shows the app by the name that the notebook is opened by, so that both are of one site and logins work; in the scheme
that the notebook has; and for a notebook on another machine by jupyter-server-proxy, or Colab's own proxy, which is
told to keep nothing of the app in the notebook. An editor's window passes on neither camera nor microphone."""


def css_size(name: str, value: float | str) -> str:
    """Bring `height=` or `width=` into the form of a style sheet; a number is one of pixels.

    Raises:
        ValueError: It is no size.
    """
    text = str(value)
    if isinstance(value, bool) or not _SIZE.fullmatch(text):
        raise ValueError(f"launch(): {name}={value!r} is not a size: give a number of pixels, or a text such as '60vh'")
    return text if not text.replace(".", "").isdigit() else f"{text}px"


def frame(url: str, port: int, height: str = f"{HEIGHT}px", width: str = WIDTH) -> str:
    """Write the HTML of a frame with the app, which may use the camera and the microphone.

    Args:
        url: The address at which a browser on this machine opens the app.
        port: Its port.
        height: A size for a style sheet.
        width: Another one.
    """
    name = f"millstream-{secrets.token_hex(6)}"
    script = _SCRIPT % {"id": json.dumps(name), "url": json.dumps(url), "port": port}
    style = f"width:{width};height:{height};border:0;border-radius:8px;display:block"
    return (
        f'<iframe id="{name}" title="Millstream" allow="{"; ".join(FEATURES)}" style="{style}"></iframe>\n'
        f'<p style="margin:4px 0;font-size:12px"><a id="{name}-link" href="{html.escape(url)}" target="_blank" '
        f'rel="noopener">Open in a tab</a></p>\n<script>{script}</script>'
    )


def bundle(url: str, port: int, height: str = f"{HEIGHT}px", width: str = WIDTH) -> dict[str, str]:
    """Give what a notebook shows of an app, by media type."""
    return {"text/plain": f"An app at {url}", "text/html": frame(url, port, height, width)}


def display(shown: dict[str, str]) -> None:
    """Show something below the cell that is being run."""
    importlib.import_module("IPython.display").display(shown, raw=True)
