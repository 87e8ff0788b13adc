#!/usr/bin/env python3
"""Measures textmill against its yardsticks and prints one table.

    python3 benches/run.py all --web web.jsonl.zst --books books.jsonl.zst
    python3 benches/run.py memory --large-gb 0.5 --web web.jsonl.zst --books books.jsonl.zst

Exits with status 1 if a target is missed or could not be measured.
"""

import argparse
import subprocess
import sys
from pathlib import Path

# No bytecode files among the sources.
sys.dont_write_bytecode = True

from harness import datatrove, inspect, kill, memory, overhead, parse, threads  # noqa: E402
from harness.corpus import Corpus  # noqa: E402
from harness.mill import Mill  # noqa: E402
from harness.report import Failed, Row, machine, say, table  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
ITEMS = {module.ITEM: module for module in (parse, threads, datatrove, memory, kill, overhead, inspect)}


def arguments() -> argparse.Namespace:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    add = parser.add_argument
    add("items", nargs="+", choices=[*ITEMS, "all"], metavar="ITEM", help=f"{', '.join(ITEMS)}, or all")
    add("--web", type=Path, required=True, metavar="FILE", help="web pages: .jsonl or .jsonl.zst")
    add("--books", type=Path, required=True, metavar="FILE", help="books: .jsonl or .jsonl.zst")
    add("--work", type=Path, default=ROOT / "target" / "bench", metavar="DIR", help="folder for intermediate files")
    add("--bin", type=Path, default=ROOT / "target" / "release", metavar="DIR", help="folder of the programs")
    add("--no-build", action="store_true", help="use the programs as they are")
    add("--threads", type=int, default=2, metavar="N", help="threads in parse, memory and kill (2)")
    add("--rounds", type=int, default=5, metavar="N", help="rounds of parse, threads and of textmill in datatrove (5)")
    add("--parse-gb", type=float, default=1.0, metavar="GB", help="size of each corpus in parse (1)")
    add("--threads-mb", type=int, default=250, metavar="MB", help="size of each corpus in threads (250)")
    add("--slice-mb", type=int, default=100, metavar="MB", help="size of the text in datatrove (100)")
    add("--datatrove-rounds", type=int, default=1, metavar="N", help="rounds of datatrove itself, minutes each (1)")
    add("--large-gb", type=float, default=4.0, metavar="GB", help="size of the corpora in memory (4)")
    add("--kill-mb", type=int, default=500, metavar="MB", help="size of the corpora in kill (500)")
    add("--kill-memory", default="128MiB", metavar="SIZE", help="budget in kill, so that it spills (128MiB)")
    add("--kills", type=int, default=10, metavar="N", help="number of kills (10)")
    add("--inspect-mb", type=int, default=920, metavar="MB", help="size of the corpus in inspect (920)")
    add("--seed", type=int, default=1, metavar="N", help="seed of the moments in kill (1)")
    return parser.parse_args()


def build() -> None:
    # The default members are the program and its plugins, without the yardsticks.
    for packages in ([], ["--package", "textmill-benches", "--bins", "--examples"]):
        command = ["cargo", "build", "--release", *packages]
        say(" ".join(command))
        if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
            raise Failed(f"`{' '.join(command)}` failed")


def main() -> int:
    options = arguments()
    names = [name for name in ITEMS if name in options.items or "all" in options.items]
    work = options.work.resolve()
    if not options.no_build:
        build()
    program = options.bin.resolve() / "textmill"
    if not program.is_file():
        raise Failed(f"there is no program `{program}`")
    mill = Mill(program, ROOT, work)
    corpora = [Corpus("web", options.web, work), Corpus("books", options.books, work)]
    head = machine(ROOT, program)
    rows = []
    for name in names:
        try:
            rows += ITEMS[name].measure(mill, corpora, options)
        except Failed as failed:
            rows.append(Row(name, "", "could not be measured", str(failed), "a figure", False))
    print(f"{head}\n\n{table(rows)}")
    return 1 if any(row.reached is False for row in rows) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        sys.exit(f"error: {failed}")
    except KeyboardInterrupt:
        sys.exit(130)
