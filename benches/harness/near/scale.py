"""Time and memory for growing numbers of documents, under a memory budget."""

import os
from pathlib import Path

from ..mill import differences
from ..report import Row, say
from .subjects import Near
from .synth import TWINS, scaled

ITEM = "scale"
# MiB on top of the budget, and bytes for each document's id, which the budget does not cover.
BESIDE, ID_BYTES = 300, 20
# The processor time per document may grow by this factor from the fewest documents to the most.
GROWTH = 1.5
# Share of the planted twins that must be dropped.
FOUND = 0.99


def measure(near: Near, options) -> list[Row]:
    rows: list[Row] = []
    base = None
    for number in options.documents:
        path = scaled(options.corpora, near.mill.work, number, options.seed)
        size = path.stat().st_size
        on = f"{number:,} documents, {size / 1e6:.0f} MB"
        say(f"{ITEM}: {on} in {options.memory}")
        given = ("--threads", str(options.threads))
        result = near.run([path], "near-scale", options.threshold, "--memory", options.memory, *given)
        paces = [seconds / number * 1e6 for seconds in (result.wall, result.cpu)]
        what = f"--memory {options.memory}, {options.threads} threads"
        per_million = "{:.1f} s, {:.2f} s for a million documents"
        rows.append(Row(ITEM, on, f"{what}, wall clock", per_million.format(result.wall, paces[0])))
        row = Row(ITEM, on, f"{what}, processor", per_million.format(result.cpu, paces[1]))
        if base is not None:
            row.wanted, row.reached = f"under {base * GROWTH:.2f} s for a million", paces[1] < base * GROWTH
        rows.append(row)
        # Start-up weighs too much on few documents for them to be the base.
        base = paces[1] if base is None and number >= 100_000 else base
        rows.append(peak_row(ITEM, on, f"{what}, peak resident", result.peak, options.memory, number))
        rows.append(_found(near, number, on))
        if options.compare:
            rows.append(_compared(near, path, on, options, given))
        near.mill.remove("near-scale")
        if not options.keep:
            path.unlink()
    return rows


def _found(near: Near, number: int, on: str) -> Row:
    """Whether the planted twins are dropped. Others may be similar by chance."""
    counts = {"exact": 0, "near": 0, "": 0}
    for name in near.dropped("near-scale"):
        counts[name.partition("~")[2]] += 1
    planted = number // TWINS
    exact, alike = planted // 2, planted - planted // 2
    figure = f"exact {counts['exact']} of {exact}, near {counts['near']} of {alike}, others {counts['']}"
    reached = counts["exact"] >= FOUND * exact and counts["near"] >= FOUND * alike
    return Row(ITEM, on, "twins dropped", figure, f"{FOUND:.0%} of both", reached)


def _compared(near: Near, path: Path, on: str, options, given: tuple[str, ...]) -> Row:
    everything = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    say(f"{ITEM}: {on} in all memory, {everything} MiB")
    near.run([path], "near-whole", options.threshold, "--memory", f"{everything}MiB", *given)
    found = differences(*(near.mill.folder(name) for name in ("near-scale", "near-whole")))
    near.mill.remove("near-whole")
    return Row(ITEM, on, "output against that in all memory", "; ".join(found) or "equal", "equal", not found)


def peak_row(item: str, on: str, what: str, peak: int, budget: str, number: int) -> Row:
    """Whether a peak, in KiB, is within the budget plus what the budget does not cover."""
    most = bytes_of(budget) / 2**20 + BESIDE + ID_BYTES * number / 2**20
    return Row(item, on, what, f"{peak / 1024:.0f} MiB", f"under {most:.0f} MiB", peak / 1024 < most)


def bytes_of(size: str) -> int:
    units = {"KiB": 10, "MiB": 20, "GiB": 30}
    number, unit = size[:-3], size[-3:]
    return int(float(number) * 2 ** units[unit])


def arguments(add) -> None:
    add("corpora", type=Path, nargs="+", metavar="CORPUS", help="corpora to take sentences from")
    numbers = [100_000, 1_000_000, 10_000_000]
    several = lambda given: [int(part) for part in given.split(",")]  # noqa: E731
    add("--documents", type=several, default=numbers, metavar="N,N", help="numbers of documents, one run each")
    add("--memory", default="1GiB", metavar="SIZE", help="budget: KiB, MiB or GiB (1GiB)")
    add("--threads", type=int, default=2, metavar="N", help="(2)")
    add("--compare", action="store_true", help="compare the output with that of a run with unlimited memory")
    add("--keep", action="store_true", help="keep the corpora for the next time")
    add("--seed", type=int, default=1, metavar="N", help="seed of the documents (1)")
    add("--threshold", type=float, default=0.8, metavar="N", help="(0.8)")
