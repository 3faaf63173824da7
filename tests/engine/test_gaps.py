"""Aligning where nothing is the same: a rewritten chapter must not cost the square of its length."""

import tracemalloc

import pytest

from consult.engine.anchoring import CELLS, LONG, align

TOPICS = "party mission council state office border police media climate energy water law budget staff"


def texts(count: int, shift: int) -> list[str]:
    """Return texts of which no two are the same, and those with near numbers are alike."""
    return [
        " ".join(f"{word}{(n + shift * k) % 97}" for k, word in enumerate(TOPICS.split())) + f" {n}.{shift}"
        for n in range(count)
    ]


@pytest.mark.parametrize(("height", "width"), [(2500, 2500), (2500, 40), (40, 2500), (1, 2500), (2500, 1)])
def test_a_large_gap_is_looked_at_near_its_diagonal_only(height: int, width: int) -> None:
    first, second = texts(height, 0), texts(width, 1)
    tracemalloc.start()
    pairs = align(first, second)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [i for i, _ in pairs if i is not None] == list(range(height))
    assert [j for _, j in pairs if j is not None] == list(range(width))
    assert peak < 400 * (CELLS + 20 * max(height, width))
    assert any(i is not None and j is not None for i, j in pairs)


def test_a_gap_of_rewritten_paragraphs_pairs_each_with_its_own() -> None:
    first = texts(300, 0)
    second = [text.replace("mission", "field mission") for text in first]
    assert align(first, second) == [(n, n) for n in range(300)]


def test_a_long_text_is_parted_and_aligned_as_a_short_one_is() -> None:
    first = ["Same text." if n % 10 == 0 else text for n, text in enumerate(texts(LONG + 500, 0))]
    second = [f"{text} More." if n % 100 == 5 else text for n, text in enumerate(first) if n % 100 != 7]
    second.insert(50, "Something else that stands nowhere in the first one at all.")
    pairs = align(first, second)
    assert [i for i, j in pairs if j is None] == list(range(7, len(first), 100))
    assert [j for i, j in pairs if i is None] == [50]
    assert all(second[j].startswith(first[i]) for i, j in pairs if i is not None and j is not None)
