"""Gradio's import form: `from millstream.themes.utils import colors, fonts, sizes`."""
