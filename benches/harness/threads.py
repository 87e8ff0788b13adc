"""The speed-up by a second thread."""

import statistics

from .corpus import MB, Corpus
from .mill import Mill, differences
from .report import Row, at_least, say, spread

ITEM = "threads"
WANTED = 1.8


def measure(mill: Mill, corpora: list[Corpus], options) -> list[Row]:
    rows = []
    for corpus in corpora:
        path = corpus.scaled(options.threads_mb * MB)
        size = path.stat().st_size / 1e6
        walls: dict[int, list[float]] = {1: [], 2: []}
        busy: dict[int, list[float]] = {1: [], 2: []}
        for number in range(options.rounds):
            # Alternate, each going first in turn, so that a change in the machine's speed affects both.
            for threads in (1, 2) if number % 2 == 0 else (2, 1):
                say(f"{ITEM}: {corpus.name}, round {number + 1} of {options.rounds}, {threads} threads")
                result = mill.run(mill.chain, [path], f"threads-{threads}", "--threads", str(threads))
                walls[threads].append(result.wall)
                busy[threads].append(result.cpu / result.wall)
        on = f"{corpus.name}, {size:.0f} MB"
        for threads, seconds in walls.items():
            speeds = [size / wall for wall in seconds]
            rows.append(Row(ITEM, on, f"chain, --threads {threads}", spread(speeds, 1, " MB/s")))
            # Far below the number of threads, the threads wait or something else was running.
            rows.append(Row(ITEM, on, f"cores busy, --threads {threads}", spread(busy[threads])))
        ratio = statistics.median(walls[1]) / statistics.median(walls[2])
        rows.append(at_least(ITEM, on, "two threads / one", ratio, WANTED, 2))
        found = differences(mill.folder("threads-1"), mill.folder("threads-2"))
        figure = "; ".join(found) or "equal"
        rows.append(Row(ITEM, on, "outputs of both", figure, "equal", not found))
        for threads in walls:
            mill.remove(f"threads-{threads}")
    return rows
