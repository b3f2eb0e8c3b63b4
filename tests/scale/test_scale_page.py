"""The tables and plots of `docs/scale.md`."""

import re
from xml.etree import ElementTree as ET

import pytest
from benchmarks import scale_page
from benchmarks.scale import costs as costs_file
from benchmarks.scale.plots import Line, plot


def test_what_was_measured_stands_on_the_page_as_it_is_simulated() -> None:
    assert scale_page.compared(costs_file.read()) in scale_page.PAGE.read_text()


def test_all_tables_are_there() -> None:
    for name in ("sizes", "queue", "zone", "compared"):
        table = re.search(rf"<!-- {name} -->\n\n(.*)\n<!-- end of {name} -->", scale_page.PAGE.read_text(), re.DOTALL)
        assert table is not None
        assert table[1].count("\n") >= 4


def test_the_head_of_the_queue_is_that_of_the_page() -> None:
    head = scale_page.queue([]).splitlines()[0]
    assert head.endswith("| estimate kept | estimate too long by |")
    assert head in scale_page.PAGE.read_text().splitlines()


def test_a_plot_is_the_same_each_time_and_is_cut_off_at_its_top() -> None:
    lines = [Line("one", [(1.0, 50.0), (2.0, 500.0)]), Line("other", [(1.0, 0.0), (2.0, 100.0)])]
    text = plot("Title", "x", "y", lines, 100.0)
    assert text == plot("Title", "x", "y", lines, 100.0)
    paths = [path.attrib["d"] for path in ET.fromstring(text).iter("{http://www.w3.org/2000/svg}path")]
    heights = [float(number) for path in paths[1::2] for number in re.findall(r" ([0-9.]+)", path)]
    assert min(heights) == 60.0
    assert "prefers-color-scheme:dark" in text


@pytest.mark.slow
def test_the_page_is_what_the_simulation_gives() -> None:
    costs = costs_file.read()
    page = scale_page.PAGE.read_text()
    assert scale_page.sizing(costs, scale_page.figures.sizes(costs)) in page
    lost = scale_page.figures.losses(costs, scale_page.EACH)
    assert scale_page.zone(lost) in page
    assert scale_page.zone_plot(lost) == scale_page.ZONE_PLOT.read_text()
