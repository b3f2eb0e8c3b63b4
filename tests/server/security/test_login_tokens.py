import re

from hypothesis import given
from hypothesis import strategies as st

from millstream.server.security.login_tokens import MAX_USER_BYTES, LoginToken, TokenSigner

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=MAX_USER_BYTES // 4)
TOKENS = st.builds(LoginToken, st.binary(min_size=16, max_size=16), st.floats(0, 1e12), ANY_TEXT)
KEYS = st.binary(min_size=32, max_size=32)


@given(KEYS, TOKENS)
def test_what_was_signed_is_read(key: bytes, token: LoginToken) -> None:
    text = TokenSigner(key).sign(token)
    assert TokenSigner(key).read(text) == token
    assert re.fullmatch(r"[\w-]+\.[\w-]{43}", text)
    assert len(text) < 2000


@given(KEYS, KEYS, TOKENS)
def test_no_other_key_reads_it(key: bytes, other: bytes, token: LoginToken) -> None:
    text = TokenSigner(key).sign(token)
    assert (TokenSigner(other).read(text) == token) == (key == other)


@given(KEYS, TOKENS, st.data())
def test_no_changed_text_is_read(key: bytes, token: LoginToken, data: st.DataObject) -> None:
    text = TokenSigner(key).sign(token)
    at = data.draw(st.integers(0, len(text) - 1))
    kind = data.draw(st.sampled_from(["replace", "insert", "delete"]))
    char = data.draw(st.characters())
    changed = text[:at] + ("" if kind == "delete" else char) + text[at + (kind != "insert") :]
    assert changed == text or TokenSigner(key).read(changed) is None


@given(KEYS, ANY_TEXT)
def test_any_text_is_read_without_an_error(key: bytes, text: str) -> None:
    assert TokenSigner(key).read(text) is None


@given(KEYS, TOKENS, TOKENS)
def test_parts_of_two_tokens_make_no_third(key: bytes, first: LoginToken, second: LoginToken) -> None:
    bodies = [TokenSigner(key).sign(token).split(".") for token in (first, second)]
    mixed = f"{bodies[0][0]}.{bodies[1][1]}"
    assert TokenSigner(key).read(mixed) == (first if first == second else None)


@given(KEYS, st.binary(min_size=16, max_size=16))
def test_a_visitor_is_the_same_everywhere_and_not_in_the_token(key: bytes, number: bytes) -> None:
    visitor = TokenSigner(key).visitor(number)
    assert visitor == TokenSigner(key).visitor(number)
    assert visitor not in TokenSigner(key).sign(LoginToken(number, 1.0, "ann"))
