"""Groups of documents that repeat each other, and how well the found groups match the true ones."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..corpus import documents


def components(links: Iterable[tuple[str, str]]) -> list[list[str]]:
    """The connected components of the links, each sorted."""
    above: dict[str, str] = {}

    def top(name: str) -> str:
        path = []
        while above.setdefault(name, name) != name:
            path.append(name)
            name = above[name]
        for passed in path:
            above[passed] = name
        return name

    for one, other in links:
        above[top(one)] = top(other)
    found: dict[str, list[str]] = {}
    for name in list(above):
        found.setdefault(top(name), []).append(name)
    return sorted(sorted(group) for group in found.values() if len(group) > 1)


def true_groups(pairs: Path, threshold: float) -> list[list[str]]:
    """The groups that the pairs at or above the threshold form.

    The file has a header line and these columns: two ids, their Jaccard similarity, and any others."""
    links = []
    with open(pairs, encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            one, other, similarity = line.rstrip("\n").split("\t")[:3]
            if float(similarity) >= threshold:
                links.append((one, other))
    return components(links)


def run_groups(folder: Path) -> list[list[str]]:
    """The groups of a textmill run folder: each dropped document with the one that it repeats."""
    rejected = documents(folder / "rejected.jsonl")
    return components((row["id"], row["other"]) for row in rejected if row.get("other") is not None)


@dataclass
class Score:
    precision: float
    recall: float
    true_pairs: int
    found_pairs: int

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def score(found: list[list[str]], true: list[list[str]]) -> Score:
    """Compares pairs of documents in the same group.

    Counts them from the intersections of groups, since a group may be large."""
    group_of = {name: number for number, group in enumerate(true) for name in group}
    right = 0
    for group in found:
        shared: dict[int, int] = {}
        for name in group:
            if name in group_of:
                shared[group_of[name]] = shared.get(group_of[name], 0) + 1
        right += sum(map(pairs_among, shared.values()))
    found_pairs, true_pairs = (sum(pairs_among(len(group)) for group in groups) for groups in (found, true))
    return Score(right / max(1, found_pairs), right / max(1, true_pairs), true_pairs, found_pairs)


def pairs_among(members: int) -> int:
    return members * (members - 1) // 2
