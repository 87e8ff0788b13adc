"""Corpora made to be expensive.

The right answer is known beforehand, and twice the documents may take little more than twice the time."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..report import Failed, Row, say
from .scale import peak_row
from .subjects import Near

ITEM = "hostile"
THRESHOLD = 0.8
# How many times longer twice the documents may take, and the seconds that are mostly start-up.
GROWTH, START = 2.6, 0.3
# The words that all documents share, and the number of words in a document's own tail. With long tails, two
# documents have 116 of 156 5-grams in common, 0.74, and share a band more often than not; with short ones,
# 116 of 120.
COMMON = " ".join(f"common{number}" for number in range(120))
LONG, SHORT = 20, 2


@dataclass
class Case:
    """A corpus of `number` documents: their texts, and which of them must be dropped."""

    name: str
    number: int
    texts: Callable[[int], Iterator[str]]
    dropped: Callable[[int], bool]


def _identical(number: int) -> Iterator[str]:
    return ("The same page, word for word: who has seen one has seen all." for _ in range(number))


def _tail(number: int, words: int) -> str:
    return " ".join(f"tail{number}x{word}" for word in range(words))


def _mostly_unlike(number: int) -> Iterator[str]:
    # Every hundredth document is its predecessor with another last word.
    for at in range(number):
        yield f"{COMMON} {_tail(at - 1, LONG - 1)} other" if at % 100 == 99 else f"{COMMON} {_tail(at, LONG)}"


def _one_large(number: int) -> Iterator[str]:
    # 500 bytes for each of the small documents: 50 MB among 100,000.
    yield " ".join(f"w{word}" for word in range(number * 60))
    for at in range(1, number):
        yield f"A small document of its own, number {at}, says {_tail(at, 8)}."


CASES = [
    Case("identical", 1_000_000, _identical, lambda at: at > 0),
    Case("one band, 0.74 alike", 100_000, _mostly_unlike, lambda at: at % 100 == 99),
    Case(
        "one band, 0.97 alike",
        100_000,
        lambda number: (f"{COMMON} {_tail(at, SHORT)}" for at in range(number)),
        lambda at: at > 0,
    ),
    Case("one of 50 MB among small ones", 100_000, _one_large, lambda at: False),
    Case(
        "empty, or without a word",
        100_000,
        lambda number: (("", " \n\t ", "-- * --", "?!")[at % 4] for at in range(number)),
        lambda at: False,
    ),
    Case(
        "shorter than a shingle, each twice",
        100_000,
        lambda number: (f"Item {at // 2}" if at % 2 else f"item, {at // 2}!" for at in range(number)),
        lambda at: at % 2 == 1,
    ),
]


def measure(near: Near, options) -> list[Row]:
    rows = []
    for case in CASES:
        if options.only and options.only not in case.name:
            continue
        try:
            rows += _case(near, case, options)
        except Failed as failed:
            rows.append(Row(ITEM, case.name, "textmill", str(failed), "a whole run", False))
    return rows


def _case(near: Near, case: Case, options) -> list[Row]:
    rows: list[Row] = []
    once = None
    for number in (int(case.number * options.share), 2 * int(case.number * options.share)):
        on = f"{case.name}: {number:,}"
        say(f"{ITEM}: {on}")
        path = near.mill.work / "near" / "hostile.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            for at, text in enumerate(case.texts(number)):
                out.write(f'{{"id": "{at}", "text": {json.dumps(text)}}}\n')
        result = near.run([path], "near-hostile", THRESHOLD, "--memory", options.memory, "--threads", "1")
        row = Row(ITEM, on, "processor", f"{result.cpu:.2f} s")
        if once is not None:
            wanted = GROWTH * max(once.cpu, START)
            row.wanted, row.reached = f"under {wanted:.2f} s", result.cpu < wanted
        rows.append(row)
        what = f"--memory {options.memory}, peak resident"
        rows.append(peak_row(ITEM, on, what, result.peak, options.memory, number))
        rows.append(_answer(near, case, number, on))
        once = result
        near.mill.remove("near-hostile")
        path.unlink()
    return rows


def _answer(near: Near, case: Case, number: int, on: str) -> Row:
    missed = sum(map(case.dropped, range(number)))
    right, wrong = 0, 0
    for name in near.dropped("near-hostile"):
        if case.dropped(int(name)):
            right += 1
        else:
            wrong += 1
    missed -= right
    figure = f"{right} dropped that repeat, {missed} missed, {wrong} dropped that do not"
    return Row(ITEM, on, "answer", figure, "none missed, none wrong", not missed and not wrong)


def arguments(add) -> None:
    add("--only", metavar="TEXT", help="only cases whose name contains this")
    add("--memory", default="1GiB", metavar="SIZE", help="budget (1GiB)")
    add("--share", type=float, default=1.0, metavar="N", help="share of the documents of each case (1)")
