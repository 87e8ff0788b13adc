"""Inspecting finished runs: what happened to one document of many, and how two runs differ."""

import json
import statistics
from collections import deque

from .corpus import MB, Corpus
from .mill import Mill
from .process import took
from .report import Row, spread

ITEM = "inspect"
# Seconds that explaining one document may take.
WANTED = 1.0
PIPELINE = '[[stage]]\nplugin = "clean"\n\n[stage.options]\nmin-chars = {}\n'


def measure(mill: Mill, corpora: list[Corpus], options) -> list[Row]:
    corpus = corpora[-1]
    path = corpus.scaled(options.inspect_mb * MB)
    # Some documents are between the two thresholds, so the runs differ.
    for name, least in (("inspect-before", 40), ("inspect-after", 2500)):
        pipeline = mill.work / f"{name}.toml"
        pipeline.write_text(PIPELINE.format(least))
        mill.run(pipeline, [path], name)
    before, after = mill.folder("inspect-before"), mill.folder("inspect-after")
    counts = json.loads((before / "summary.json").read_text())["documents"]
    on = f"{corpus.name}, {counts['read']} documents, {path.stat().st_size / 1e9:.2f} GB"
    with open(before / "documents.jsonl", "rb") as lines:
        last = json.loads(deque(lines, 1)[0])["id"]
    rows = []
    for what, command in (
        ("the last document explained", ["explain", str(before), last]),
        ("the ledger counted", ["ledger", str(before)]),
        ("another threshold tried", ["what-if", str(before), "--set", "clean.min-chars=60"]),
        ("two runs compared", ["diff", str(before), str(after)]),
    ):
        results = []
        for _ in range(options.rounds):
            result = took([str(mill.program), *command], mill.work / "logs" / "inspect", mill.env)
            # `diff` exits with 1 if the runs differ, which is the expected answer.
            if result.status != (1 if command[0] == "diff" else 0):
                result.check(command)
            results.append(result)
        walls = [result.wall for result in results]
        row = Row(ITEM, on, what, spread(walls, 2, " s"))
        if command[0] == "explain":
            row.wanted, row.reached = f"under {WANTED:.0f} s", statistics.median(walls) < WANTED
        rows.append(row)
        rows.append(Row(ITEM, on, f"{what}, peak resident", f"{max(r.peak for r in results) / 1024:.0f} MiB"))
    mill.remove("inspect-before")
    mill.remove("inspect-after")
    return rows
