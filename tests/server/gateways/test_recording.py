"""The developer's button among several gateways: a visit is recorded by the one that has offered its name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.server.gateways.pair import browser, pair
from tests.server.live import open_socket, say_hello

from millstream.recording.msr import RecordKind, read
from millstream.runtime.state.owned import owner_of


@pytest.mark.parametrize("opens_at", ["a", "b"])
def test_a_visit_is_recorded_where_the_page_says_whichever_gateway_it_reaches(tmp_path: Path, opens_at: str) -> None:
    with pair(record=tmp_path / "runs", record_button=True) as (a, b):
        for one in (a, b):
            one.app.bound_to("127.0.0.1")
        with browser(a) as client:
            offered = re.search(r"__record=(a\.([0-9a-f-]+))", client.get(f"{a.url}/").text)
            assert offered is not None
            for one in (b, a):
                page = client.get(f"{one.url}/?__record={offered[1]}")
                assert page.status_code == 200, page.headers
                assert f"being recorded to <code>{tmp_path}/runs/{offered[2]}.msr<" in page.text
            url = {"a": a.url, "b": b.url}[opens_at]
            with open_socket(url, query=f"__record={offered[1]}") as socket:
                assert owner_of(say_hello(socket, "").session) == "a"
            used = client.get(f"{b.url}/?__record={offered[1]}")
            assert (used.status_code, offered[1] in used.headers["location"]) == (303, False)
    (file,) = (tmp_path / "runs").iterdir()
    assert file.name == f"{offered[2]}.msr"
    assert [record.kind for record in read(file).records][:3] == [RecordKind.ATTACHED, RecordKind.UP, RecordKind.DOWN]


def test_a_name_of_a_gateway_that_has_gone_leads_to_a_new_one(tmp_path: Path) -> None:
    with pair(record=tmp_path / "runs", record_button=True) as (a, b), browser(a) as client:
        a.app.bound_to("127.0.0.1")
        answer = client.get(f"{a.url}/?__record=gone.20260101-000000-00000000")
        assert (answer.status_code, answer.headers["location"][:12]) == (303, "?__record=a.")
        assert b.app.host.totals.sessions == 0
