"""Which rows of a split a sample takes: an order of all its rows, from which places are asked for until enough are good.

    in_order    `first`: file after file, row after row
    shuffled    `seeded`: every row of the split alike
    Reservoirs  `seeded`, of a split too large for that: a few files, drawn by the seed, and of their first rows a
                uniform sample by Algorithm R (Vitter 1985, ACM TOMS 11:37)

The same seed gives the same rows for all time: numbers come from PCG64's uniform doubles alone (`samples.draws`), and
never from a library's shuffle, whose algorithm changes with its version. A place is (number of the file, row in it).
"""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, islice
from typing import Any

from wattlab.samples.draws import Draws
from wattlab.samples.from_hub.files import RowFile

Place = tuple[int, int]


class Selection(ABC):
    """An order of rows; no place is given twice."""

    @abstractmethod
    def next_places(self, n: int) -> list[Place]:
        """The next `n` places, ascending; fewer where the split has no more."""


class Ordered(Selection):
    """Rows of an order that does not depend on how many are asked for."""

    def __init__(self, order: Iterator[Place]) -> None:
        self._order = order

    def next_places(self, n: int) -> list[Place]:
        """Taken one after another, then sorted."""
        return sorted(islice(self._order, n))


def in_order(files: Sequence[RowFile], where: Mapping[str, Any]) -> Iterator[Place]:
    """Places as they lie in the files; with `where`, those whose rows have these values. A file is opened in its turn."""
    for number in range(len(files)):
        rows = files[number].places_where(where) if where else files[number].places()
        yield from ((number, row) for row in rows)


def shuffled(files: Sequence[RowFile], draws: Draws) -> Iterator[Place]:
    """Every place alike, without replacement: a larger sample holds a smaller one of the same seed."""
    ends = list(accumulate(file.n_rows() for file in files))
    return (_place(index, ends) for index in distinct(draws, ends[-1] if ends else 0))


class Reservoirs(Selection):
    """Algorithm R over the first rows of a few files, in file order. A row that is refused is replaced by the same
    sampling of the rows that were not given yet."""

    def __init__(self, files: Sequence[RowFile], numbers: Sequence[int], rows_per_file: int, draws: Draws) -> None:
        """`numbers`: of the files to sample, as `file_numbers` gives them."""
        self._numbers, self._draws = numbers, draws
        first_rows = (islice(files[number].places(), rows_per_file) for number in numbers)
        self._ends = list(accumulate(sum(1 for _ in rows) for rows in first_rows))
        self._given: set[int] = set()

    def next_places(self, n: int) -> list[Place]:
        """One pass over the rows that are left."""
        left = (index for index in range(self._ends[-1]) if index not in self._given)
        found = algorithm_r(left, n, self._draws)
        self._given.update(found)
        return [(self._numbers[file], row) for file, row in (_place(index, self._ends) for index in sorted(found))]


def file_numbers(n_files: int, n: int, draws: Draws) -> list[int]:
    """The `n` files that a seed picks, ascending."""
    return sorted(islice(distinct(draws, n_files), n))


def algorithm_r(items: Iterator[int], n: int, draws: Draws) -> list[int]:
    """A uniform sample of `n` of the items, in one pass: item number k (from 1) above n takes the place of a random one
    with probability n/k."""
    kept = list(islice(items, n))
    for k, item in enumerate(items, n + 1):
        place = draws.index(k)
        if place < n:
            kept[place] = item
    return kept


def distinct(draws: Draws, n: int) -> Iterator[int]:
    """Every number of 0 … n-1 once, in a random order: drawn uniformly, known ones passed over."""
    seen: set[int] = set()
    while len(seen) < n:
        number = draws.index(n)
        if number not in seen:
            seen.add(number)
            yield number


def _place(index: int, ends: Sequence[int]) -> Place:
    """The place of a row of all files, given the number of rows up to each file's end."""
    number = bisect_right(ends, index)
    return number, index - (ends[number - 1] if number else 0)
