"""The components: one file each, named like the class, its tag in the page and its test."""

from __future__ import annotations

import importlib


def __getattr__(name: str) -> object:
    """Give what Gradio's programs call `gr.components.Textbox`: the public name itself."""
    return getattr(importlib.import_module("millstream"), name)
