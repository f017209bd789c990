"""Contents that nearly are what a reader expects."""

from collections.abc import Sequence

from hypothesis import strategies as st

PIECES = (
    b'"', b"'", b",", b";", b"\n", b"\r", b"\r\n", b"\t", b"\0", b" ", b"\\", b"\xff", b"\xef\xbb\xbf", b"\xe2\x80\xae",
    b"{", b"}", b"[", b"]", b":", b"=", b"#", b'"""', b"\\u0000", b"\\ud800", b"null", b"true", b"NaN", b"-Infinity",
    b"1e400", b"-1", b"0", b"0.5", b"1.0", b"9" * 25, b"9223372036854775808", b"-9223372036854775809", b"4294967296",
    b"2026-13-45", b"0000-00-00", b"9999-12-31T23:59:59Z", b"2026-10-05T24:00:00Z", b"+24:00", b"1970-01-01", b"=1+1",
    b"../", b"%2e%2e%00", b"key_1", b"live", b"test", b"a" * 300, "\u202e\u0130\ufb01".encode(), "🔑".encode(),
)  # fmt: skip


@st.composite
def nearly(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """Take a seed and change some of it; often little, at times much."""
    content = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 6))):
        start, end = sorted(draw(st.tuples(*[st.integers(0, len(content))] * 2)))
        middle = content[start:end]
        change = draw(st.sampled_from(("piece", "cut", "again", "swap", "byte", "other")))
        if change == "piece":
            middle = draw(st.sampled_from(PIECES))
        elif change == "cut":
            middle = b""
        elif change == "again":
            middle *= draw(st.integers(2, 20))
        elif change == "swap":
            middle = b"\n".join(reversed(middle.split(b"\n")))
        elif change == "byte":
            middle = draw(st.binary(max_size=4))
        else:
            middle = draw(st.sampled_from(seeds))[start:end]
        content = content[:start] + middle + content[end:]
    return content
