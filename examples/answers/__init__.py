"""Partners for a conversation: a small one that works offline, and a language model with the same methods."""

from .assistant import Assistant
from .dialogue import Dialogue
from .language_model import LanguageModel
from .spoken import Spoken
from .talk import Talk

__all__ = ["Assistant", "Dialogue", "LanguageModel", "Spoken", "Talk"]
