"""Sums as bytes: what is taken out of them as bytes is what would be taken out figure by figure."""

from hypothesis import given
from hypothesis import strategies as st

from edgedns_mcp.store.packed import COLUMNS, FIGURES, Sums, columns, pack, without

counts = st.sampled_from((0, 1, 255, 256, 65_535, 65_536, 1 << 40))
rows = st.lists(st.tuples(counts, counts, counts, counts), min_size=1, max_size=6)


def packed(figures):
    requests, errors = map(list, zip(*figures, strict=True))
    return pack(Sums([*range(len(figures))], requests, errors, [0] * len(figures)), 1)


@given(rows=rows, at=st.integers(0, 6))
def test_what_is_taken_out_as_bytes_leaves_the_differences(rows, at):
    earlier = packed([row[:2] for row in rows][: max(at, 1)])
    later = packed([(had + more, failed + wrong) for had, failed, more, wrong in rows])
    rest = without(later, earlier, COLUMNS, FIGURES)
    if later[:COLUMNS][FIGURES] != earlier[:COLUMNS][FIGURES]:
        assert rest is None  # of another width
        return
    before = [*columns(earlier, COLUMNS, FIGURES)]
    after = columns(later, COLUMNS, FIGURES)
    for left, had, has in zip(columns(rest, COLUMNS, FIGURES), before, after, strict=True):
        assert [*left] == [now - then for now, then in zip(has, (*had, *[0] * len(has)), strict=False)]
    assert columns(rest, COLUMNS, slice(1)) == columns(later, COLUMNS, slice(1))
