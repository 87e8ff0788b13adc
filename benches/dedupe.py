#!/usr/bin/env python3
"""How well and how fast near-duplicates are found, compared with datasketch, rensa, text-dedup and datatrove.

    python3 benches/dedupe.py quality DOCUMENTS.jsonl[.zst] --pairs PAIRS.tsv --threshold 0.8
    python3 benches/dedupe.py speed CORPUS.jsonl[.zst]...
    python3 benches/dedupe.py scale CORPUS.jsonl[.zst]... --documents 100000,1000000,10000000 --memory 1GiB
    python3 benches/dedupe.py hostile

`quality` scores groups by their pairs: precision, recall and F1 against the groups that the pairs at or above
the threshold form. Every program gets the same documents and runs in its own process; each peer has its own
virtual environment under `target/bench`. `scale` and `hostile` measure textmill only. Exits with status 1 if
a target is missed or could not be measured.
"""

import argparse
import subprocess
import sys
from pathlib import Path

# No bytecode files among the sources.
sys.dont_write_bytecode = True

from harness.mill import Mill  # noqa: E402
from harness.near import hostile, quality, scale, speed  # noqa: E402
from harness.near.subjects import PEERS, Near  # noqa: E402
from harness.report import Failed, machine, table  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
ITEMS = {module.ITEM: module for module in (quality, speed, scale, hostile)}
PROJECTS = sorted({peer.needs for peer in PEERS.values()})


def arguments() -> argparse.Namespace:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    items = parser.add_subparsers(dest="item", required=True, metavar="ITEM")
    for name, module in ITEMS.items():
        item = items.add_parser(name, description=module.__doc__)
        add = item.add_argument
        module.arguments(add)
        if module in (quality, speed):
            add("--peers", nargs="*", choices=PROJECTS, default=PROJECTS, help="default: all")
        add("--pipeline", type=Path, default=ROOT / "config" / "dedupe-near.toml", metavar="FILE", help="pipeline of textmill")
        add("--work", type=Path, default=ROOT / "target" / "bench", metavar="DIR", help="folder for intermediate files")
        add("--bin", type=Path, default=ROOT / "target" / "release", metavar="DIR", help="folder of the program")
        add("--no-build", action="store_true", help="use the program as it is")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    if not options.no_build:
        command = ["cargo", "build", "--release"]
        if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
            raise Failed(f"`{' '.join(command)}` failed")
    program = options.bin.resolve() / "textmill"
    for path in (program, options.pipeline):
        if not path.is_file():
            raise Failed(f"there is no file `{path}`")
    head = machine(ROOT, program)
    near = Near(Mill(program, ROOT, options.work.resolve()), options.pipeline.resolve())
    rows = ITEMS[options.item].measure(near, options)
    print(f"{head}\n\n{table(rows)}")
    return 1 if any(row.reached is False for row in rows) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        sys.exit(f"error: {failed}")
    except KeyboardInterrupt:
        sys.exit(130)
