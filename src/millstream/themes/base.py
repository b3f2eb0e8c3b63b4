"""Gradio's import form: `from millstream.themes.base import Base`."""

from millstream.themes import Base, Theme, ThemeClass

__all__ = ["Base", "Theme", "ThemeClass"]
