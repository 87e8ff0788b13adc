"""Processor time per megabyte of text, on one thread, with the subjects taking turns."""

import statistics
from pathlib import Path

from ..corpus import MB, documents
from ..report import Failed, Row, say, spread
from .subjects import Near, plain, subjects

ITEM = "speed"


def measure(near: Near, options) -> list[Row]:
    run, rows = subjects(near, options.peers, ITEM)
    for corpus in options.corpora:
        name = corpus.name.split(".")[0]
        source = near.mill.work / "near" / f"{name}.jsonl"
        number, size = plain(documents(corpus), source, options.mb * MB)
        text = size / MB
        seconds: dict[str, list[float]] = {label: [] for label in run}
        peak, failures = dict.fromkeys(run, 0), {}
        for turn in range(options.rounds):
            say(f"{ITEM}: {name}, {text:.1f} MB of text, round {turn + 1} of {options.rounds}")
            # Each goes first in turn, so that a change in the machine's speed affects all.
            labels = list(run)
            for label in labels[turn % len(labels) :] + labels[: turn % len(labels)]:
                past = seconds[label]
                if label in failures or (past and max(past) * text > options.patience):
                    continue
                try:
                    result = run[label](source, options.threshold)
                except Failed as failed:
                    failures[label] = str(failed)
                    continue
                past.append(result.cpu / text)
                say(f"{label}: {past[-1]:.4f} s/MB")
                peak[label] = max(peak[label], result.took.peak)
        source.unlink()
        on = f"{name}, {number} documents, {text:.1f} MB of text"
        rows += [Row(ITEM, on, label, failure, "a figure", False) for label, failure in failures.items()]
        rows += _rows(on, {label: s for label, s in seconds.items() if s}, peak)
    return rows


def _rows(on: str, seconds: dict[str, list[float]], peak: dict[str, int]) -> list[Row]:
    rows = []
    for label, values in seconds.items():
        pace = f"{1 / statistics.median(values):.2f} MB/s of CPU, {peak[label] / 1024:.0f} MiB"
        rows.append(Row(ITEM, on, label, f"{spread(values, 4, ' s/MB')}; {pace}"))
    for label, values in seconds.items():
        if label != "textmill" and "textmill" in seconds:
            times = statistics.median(values) / statistics.median(seconds["textmill"])
            rows.append(Row(ITEM, on, f"textmill / {label}", f"{times:.1f}"))
    return rows


def arguments(add) -> None:
    add("corpora", type=Path, nargs="+", metavar="CORPUS", help=".jsonl or .jsonl.zst, with `id` and `text`")
    add("--mb", type=int, default=100, metavar="MB", help="size of the text of each corpus (100)")
    add("--rounds", type=int, default=5, metavar="N", help="number of measurements (5)")
    add("--patience", type=float, default=60, metavar="S", help="tools that take longer are measured once (60)")
    add("--threshold", type=float, default=0.8, metavar="N", help="(0.8)")
