"""For tests of Millstream, of its plug-ins and of apps: pages without a browser, a narrow link, replays."""

from millstream.testing.link import Link
from millstream.testing.page import TestPage
from millstream.testing.replay import Replay, replay
from millstream.testing.turns import LoudnessDetector

__all__ = ["Link", "LoudnessDetector", "Replay", "TestPage", "replay"]
