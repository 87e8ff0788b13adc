"""Reading and writing JSON Lines, against only parsing them."""

import statistics

from .corpus import Corpus
from .mill import Mill
from .process import took
from .report import Row, at_least, say, spread

ITEM = "parse"
WANTED = 1 / 3


def measure(mill: Mill, corpora: list[Corpus], options) -> list[Row]:
    rows = []
    for corpus in corpora:
        path = corpus.scaled(int(options.parse_gb * 1e9))
        size = path.stat().st_size / 1e6
        bare: dict[str, list[float]] = {}
        milled = []
        for number in range(options.rounds):
            say(f"{ITEM}: {corpus.name}, round {number + 1} of {options.rounds}")
            # The first of the two finds the file in memory, where the previous round left it.
            for parser, speed in _bare(mill, options, path):
                bare.setdefault(parser, []).append(speed)
            result = mill.run(mill.none, [path], "parse", "--threads", str(options.threads))
            milled.append(size / result.wall)
        mill.remove("parse")
        speed = statistics.median(milled)
        on = f"{corpus.name}, {size / 1000:.2f} GB"
        threads = f"{options.threads} threads"
        rows.append(Row(ITEM, on, f"textmill without stages, {threads}", spread(milled, 0, " MB/s")))
        for parser, speeds in bare.items():
            share = speed / statistics.median(speeds)
            rows.append(Row(ITEM, on, f"{parser}, {threads}", spread(speeds, 0, " MB/s")))
            rows.append(at_least(ITEM, on, f"textmill / {parser}", share, WANTED, 3))
    return rows


def _bare(mill: Mill, options, path) -> list[tuple[str, float]]:
    command = [str(mill.program.with_name("bare")), str(path), str(options.threads)]
    result = took(command, mill.work / "logs" / "bare").check(command)
    lines = [line.split("\t") for line in result.output.splitlines()]
    return [(parser, float(speed)) for parser, speed, _ in lines]
