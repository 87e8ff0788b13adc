"""The cost of handing a batch to a plugin and back: directly, in a loaded library, in a separate process."""

from .corpus import Corpus
from .mill import Mill
from .process import took
from .report import Row

ITEM = "overhead"
# Microseconds that a call may take if the plugin does nothing with the batch.
LOADED = 10
# The same for each MiB of text that goes to a separate process and comes back.
ISOLATED_MIB = 2000
WAYS = {"direct": "a direct call", "loaded": "a loaded library", "isolated": "a process of its own"}


def measure(mill: Mill, _corpora: list[Corpus], options) -> list[Row]:
    command = [str(mill.program.with_name("overhead")), str(max(options.rounds, 5) * 4)]
    result = took(command, mill.work / "logs" / "overhead").check(command)
    rows = []
    for line in result.output.splitlines():
        operator, text, way, what, median, least, most = line.split("\t")
        if what == "stage" and way == "direct":
            continue
        checked = ", all checks" if what == "stage" else ""
        answered = "its text comes back" if operator == "same" else "nothing comes back"
        row = Row(ITEM, f"{text} a batch", f"{WAYS[way]}, {answered}{checked}", f"{median} µs ({least}-{most})")
        wanted = _wanted(operator, text, way, what)
        if wanted is not None:
            row.wanted, row.reached = f"under {wanted:.0f} µs", float(median) < wanted
        rows.append(row)
    return rows


def _wanted(operator: str, text: str, way: str, what: str) -> float | None:
    if what != "call":
        return None
    if way == "loaded" and operator == "nothing":
        return LOADED
    if way == "isolated" and text.endswith(" KiB"):
        return float(text.removesuffix(" KiB")) / 1024 * ISOLATED_MIB
    return None
