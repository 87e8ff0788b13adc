"""Peak memory on a corpus many times the budget, and whether the budget affects the output."""

from .corpus import Corpus, room
from .mill import Mill, differences
from .report import Failed, Row, say

ITEM = "memory"
BUDGETS = ("512MiB", "8GiB")
# In MiB: the smaller budget, plus 300 for what it does not cover.
WANTED = 812


def measure(mill: Mill, corpora: list[Corpus], options) -> list[Row]:
    total = int(options.large_gb * 1e9)
    # The corpus and, for each run, rejected documents, spilled data and output.
    room(mill.work, 5 * total)
    inputs = [corpus.scaled(-(-total // len(corpora))) for corpus in corpora]
    size = sum(path.stat().st_size for path in inputs) / 1e9
    on = f"{' + '.join(corpus.name for corpus in corpora)}, {size:.2f} GB"
    rows = []
    for budget in BUDGETS:
        say(f"{ITEM}: {size:.2f} GB in {budget}")
        name = f"memory-{budget}"
        try:
            result = mill.run(mill.news, inputs, name, "--memory", budget, "--threads", str(options.threads))
        except Failed as failed:
            return [*rows, Row(ITEM, on, f"--memory {budget}", str(failed), "a whole run", False)]
        peak = result.peak / 1024
        row = Row(ITEM, on, f"--memory {budget}, peak resident", f"{peak:.0f} MiB")
        if budget == BUDGETS[0]:
            row.wanted, row.reached = f"under {WANTED} MiB", peak < WANTED
        rows.append(row)
        pace = f"{size * 1000 / result.wall:.1f} MB/s"
        rows.append(Row(ITEM, on, f"--memory {budget}, wall clock", f"{result.wall:.0f} s, {pace}"))
    found = differences(*(mill.folder(f"memory-{budget}") for budget in BUDGETS))
    figure = "; ".join(found) or "equal"
    rows.append(Row(ITEM, on, "outputs of both", figure, "equal", not found))
    for budget in BUDGETS:
        mill.remove(f"memory-{budget}")
    return rows
