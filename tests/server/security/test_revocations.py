import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.server.security import revocations as module
from millstream.server.security.revocations import Revocations

ENDS = st.lists(st.tuples(st.integers(0, 40), st.floats(1, 100)), max_size=60)


@given(ENDS)
def test_what_has_ended_stays_so_however_many_there_are(ends: list[tuple[int, float]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MAX_REVOKED", 5)
        revoked = Revocations(lambda: 0.5)
        for number, expires in ends:
            revoked.add(bytes([number]), expires)
        assert len(revoked) <= 5
        first = dict(reversed(ends))
        assert all(revoked.has_ended(bytes([number]), expires) for number, expires in first.items())


def test_what_would_have_ended_anyway_is_forgotten() -> None:
    now = 0.0
    revoked = Revocations(lambda: now)
    assert revoked.add(b"a", 10.0)
    assert not revoked.add(b"a", 10.0)
    assert not revoked.has_ended(b"b", 10.0)
    now = 11.0
    assert revoked.add(b"b", 20.0)
    assert len(revoked) == 1
    assert revoked.has_ended(b"a", 10.0)
