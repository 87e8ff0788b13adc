"""The rows of the table, and a description of the machine that they were measured on."""

import os
import platform
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


class Failed(Exception):
    """A measurement that could not be made; the message says why."""


@dataclass
class Row:
    """One line of the table. `reached` is None if the figure has no target."""

    item: str
    corpus: str
    what: str
    measured: str
    wanted: str = ""
    reached: bool | None = None

    @property
    def verdict(self) -> str:
        return {None: "", True: "reached", False: "NOT REACHED"}[self.reached]


def at_least(item: str, corpus: str, what: str, value: float, wanted: float, digits: int) -> Row:
    return Row(item, corpus, what, f"{value:.{digits}f}", f"at least {wanted:.3g}", value >= wanted)


def spread(values: list[float], digits: int = 2, unit: str = "") -> str:
    """The median and, if there are several values, the least and greatest in brackets."""
    figure = f"{statistics.median(values):.{digits}f}{unit}"
    if len(values) < 2:
        return figure
    return f"{figure} ({min(values):.{digits}f}-{max(values):.{digits}f}, {len(values)} rounds)"


def table(rows: list[Row]) -> str:
    cells = [("item", "corpus", "what", "measured", "wanted", "verdict")]
    for row in rows:
        line = (row.item, row.corpus, row.what, row.measured, row.wanted, row.verdict)
        cells.append(tuple(" ".join(cell.split()).replace("|", "/") for cell in line))
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    padded = ([cell.ljust(width) for cell, width in zip(line, widths)] for line in cells)
    lines = [f"| {' | '.join(line)} |" for line in padded]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def machine(root: Path, textmill: Path) -> str:
    """What the figures depend on, one item per line."""
    memory = _field("/proc/meminfo", "MemTotal").split()
    gib = f"{int(memory[0]) / (1 << 20):.0f} GiB" if memory else "unknown"
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    changed = " with changes" if _first_line(["git", "-C", str(root), "status", "--porcelain"]) else ""
    commit = _first_line(["git", "-C", str(root), "rev-parse", "--short", "HEAD"]) or "unknown"
    lines = {
        "processor": _field("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": gib,
        "system": f"{platform.system()} {platform.release()}",
        "load": f"{load} (1, 5, 15 minutes, before the first measurement)",
        "textmill": f"{_first_line([str(textmill), '--version'])}, commit {commit}{changed}",
        "compiler": _first_line(["rustc", "--version"]),
        "python": platform.python_version(),
    }
    return "\n".join(f"{name:<10} {value}" for name, value in lines.items())


def say(message: str) -> None:
    """Prints progress to stderr."""
    print(f"  {message}", file=sys.stderr, flush=True)


def _field(path: str, name: str) -> str:
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def _first_line(command: list[str]) -> str:
    try:
        output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""
    return output.split("\n", 1)[0].strip()
