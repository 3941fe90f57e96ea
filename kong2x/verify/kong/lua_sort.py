"""In which order Lua's `table.sort` leaves entries of equal rank.

The classic router sorts with it, and it is not stable: where two pieces are equal, their order follows
from the places of *all* entries. It is a quicksort with the median of three as its pivot, the same
in LuaJIT as in Lua 5.1, so the order can be told as long as the order of the routes is known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def lua_sort(entries: list[T], key: Callable[[T], Any]) -> list[T]:
    """The entries sorted by `key` as `table.sort` would; equal ones in Lua's order.

    >>> lua_sort(["a1", "a2", "a3", "a4"], key=lambda text: text[0])
    ['a1', 'a3', 'a2', 'a4']
    """
    table = [(key(entry), entry) for entry in entries]
    spans = [(0, len(table) - 1)]
    while spans:
        low, high = spans.pop()
        if low < high:
            spans.extend(_partition(table, low, high))
    return [entry for _, entry in table]


def _partition(table: list[tuple[Any, T]], low: int, high: int) -> tuple[tuple[int, int], ...]:
    """Orders three samples, parts the span around the middle one, and answers the spans still unsorted."""

    def less(left: int, right: int) -> bool:
        return bool(table[left][0] < table[right][0])

    def swap(left: int, right: int) -> None:
        table[left], table[right] = table[right], table[left]

    middle = (low + high + 2) // 2 - 1  # Lua counts from 1
    if less(high, low):
        swap(low, high)
    if high - low == 1:
        return ()
    if less(middle, low):
        swap(middle, low)
    elif less(high, middle):
        swap(middle, high)
    if high - low == 2:
        return ()
    swap(middle, high - 1)
    pivot = table[high - 1][0]
    left, right = low, high - 1
    while True:
        left += 1
        while table[left][0] < pivot:
            left += 1
        right -= 1
        while pivot < table[right][0]:
            right -= 1
        if right < left:
            break
        swap(left, right)
    swap(high - 1, left)
    return (low, left - 1), (left + 1, high)
