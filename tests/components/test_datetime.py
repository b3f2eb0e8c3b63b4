from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

import millstream as gr
from millstream.errors import DeclarationError, InvalidValue

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-1-3 4:05", "2026-01-03 04:05:00"),
        (" 2026-01-31T18:30:15.5 ", "2026-01-31 18:30:15"),
        ("2026-01-31", "2026-01-31 00:00:00"),
        ("NOW -  2H", "now - 2h"),
        (datetime(2026, 1, 31, 12), "2026-01-31 12:00:00"),
        (datetime(2026, 1, 31, 12, tzinfo=UTC), "2026-01-31 13:00:00"),
        (date(2026, 1, 31), "2026-01-31 00:00:00"),
        (0, "1970-01-01 01:00:00"),
        (np.float64(1.5), "1970-01-01 01:00:01"),
        (np.datetime64("2026-01-31T12:00:00.000000000"), "2026-01-31 12:00:00"),
        ("", None),
        (None, None),
    ],
)
def test_moments_are_read(value: object, text: str | None) -> None:
    moment = gr.DateTime(timezone="Europe/Paris")
    assert moment.postprocess(moment.received(value), None) == text


def test_a_handler_gets_the_form_it_wants() -> None:
    def given(text: str, **options: object) -> object:
        return gr.DateTime(timezone="Europe/Paris", **options).preprocess(text, None)  # type: ignore[arg-type]

    moment = datetime(2026, 1, 31, 18, 30, tzinfo=PARIS)
    assert given("2026-01-31 18:30:00") == moment.timestamp()
    assert given("2026-01-31 18:30:00", type="datetime") == moment
    assert given("2026-01-31 18:30:00", type="string") == "2026-01-31 18:30:00"
    assert given("2026-01-31", type="string", include_time=False) == "2026-01-31"
    assert gr.DateTime(type="datetime").preprocess("2026-01-31 18:30:00", None) == datetime(2026, 1, 31, 18, 30)
    assert gr.DateTime().preprocess(None, None) is None


@pytest.mark.parametrize(
    ("text", "seconds"), [("now", 0), ("now - 1d", -86400), ("now-2h", -7200), ("now + 30m", 1800)]
)
def test_relative_moments_count_from_the_call(text: str, seconds: int) -> None:
    found = gr.DateTime().preprocess(text, None)
    assert isinstance(found, float)
    assert found == pytest.approx(datetime.now().timestamp() + seconds, abs=5)


@pytest.mark.parametrize(
    "wrong",
    [
        "2026-02-30",
        "soon",
        "now - 1y",
        "now - 999999999d",
        float("nan"),
        float("inf"),
        1e300,
        True,
        ["2026-01-31"],
        "9" * 99,
    ],
)
def test_what_is_no_moment(wrong: object) -> None:
    with pytest.raises(InvalidValue, match=r"DateTime 'DateTime' takes .*a moment such as '2026-01-31 18:30:00'"):
        gr.DateTime().postprocess(wrong, None)
    if not isinstance(wrong, float):
        with pytest.raises(InvalidValue):
            gr.DateTime().validate(wrong, None)  # type: ignore[arg-type]


def test_a_time_zone_has_to_exist() -> None:
    with pytest.raises(DeclarationError, match="timezone='Mars/Base' is not a time zone: write a name"), gr.Blocks():
        gr.DateTime(timezone="Mars/Base")
