"""What the peers share: reading documents, shingles, exact verification, and the output.

The shingles are those of the ground truth: words are `\\w+` of the lower-cased text, shingles are the set of
word 5-grams, and a text of fewer words has one shingle with all of its words.
"""

import argparse
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

WORDS = re.compile(r"\w+")


def shingles(text: str) -> list[str]:
    """The word 5-grams in the order of the text, including repeated ones."""
    words = WORDS.findall(text.lower())
    if len(words) < 5:
        return [" ".join(words)] if words else []
    return list(map(" ".join, zip(words, words[1:], words[2:], words[3:], words[4:])))


def texts(source: Path) -> Iterator[tuple[str, str]]:
    with open(source, "rb") as lines:
        for line in lines:
            document = json.loads(line)
            yield document["id"], document["text"]


class Groups:
    """Groups of similar documents, by their numbers: a union-find structure."""

    def __init__(self) -> None:
        self.parent: dict[int, int] = {}

    def root(self, number: int) -> int:
        parent = self.parent
        while (above := parent.setdefault(number, number)) != number:
            parent[number] = parent[above]
            number = above
        return number

    def join(self, one: int, other: int) -> None:
        one, other = self.root(one), self.root(other)
        self.parent[max(one, other)] = min(one, other)

    def of_several(self) -> list[list[int]]:
        found: dict[int, list[int]] = {}
        for number in list(self.parent):
            found.setdefault(self.root(number), []).append(number)
        return [sorted(group) for group in found.values() if len(group) > 1]


class Verified:
    """Groups of candidates whose shingle sets reach the threshold: exact Jaccard similarity, no estimate."""

    def __init__(self, sets: list[set], threshold: float):
        self.sets = sets
        self.threshold = threshold
        self.groups = Groups()
        self.seen: set[tuple[int, int]] = set()

    def offer(self, one: int, other: int) -> None:
        pair = (one, other) if one < other else (other, one)
        if one == other or pair in self.seen:
            return
        self.seen.add(pair)
        a, b = self.sets[one], self.sets[other]
        common = len(a & b)
        if a and common >= self.threshold * (len(a) + len(b) - common):
            self.groups.join(one, other)


def cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main(schemes: dict[str, Callable[[Path, float, Path], tuple[list[str], list[list]]]]) -> None:
    """Runs the scheme that the command line names. A scheme returns the ids, and groups of numbers or ids.

    Imports and start-up are already over and do not count; reading the documents does."""
    parser = argparse.ArgumentParser()
    parser.add_argument("scheme", choices=schemes)
    parser.add_argument("source", type=Path)
    parser.add_argument("work", type=Path, help="a folder that is there and empty")
    parser.add_argument("--threshold", type=float, required=True)
    options = parser.parse_args()
    began = cpu_seconds()
    ids, groups = schemes[options.scheme](options.source, options.threshold, options.work)
    spent = cpu_seconds() - began
    with open(options.work / "groups.jsonl", "w", encoding="utf-8") as out:
        for group in groups:
            named = [ids[member] if isinstance(member, int) else member for member in group]
            out.write(json.dumps(named) + "\n")
    print(json.dumps({"cpu_seconds": spent}))
