"""The whole chain against MinHash and a quality filter in datatrove, by processor time."""

import json
import shutil
import statistics
from pathlib import Path

from .corpus import MB, Corpus
from .mill import Mill
from .process import took
from .report import Row, at_least, say, spread
from .venv import python_of

ITEM = "datatrove"
WANTED = 5.0
HERE = Path(__file__).resolve().parent.parent


def measure(mill: Mill, corpora: list[Corpus], options) -> list[Row]:
    web = next(corpus for corpus in corpora if corpus.name == "web")
    python = python_of("datatrove", mill.work)
    part = web.first(options.slice_mb * MB)
    text = part.text_bytes / 1e6
    theirs, ours = [], []
    for number in range(options.datatrove_rounds):
        say(f"{ITEM}: {text:.1f} MB of text, datatrove, round {number + 1} of {options.datatrove_rounds}")
        done = _datatrove(mill.work, python, part.path)
        theirs.append(text / done["cpu_seconds"])
    for number in range(options.rounds):
        say(f"{ITEM}: {text:.1f} MB of text, textmill, round {number + 1} of {options.rounds}")
        result = mill.run(mill.news, [part.path], "datatrove", "--threads", "1")
        ours.append(text / result.cpu)
    summary = json.loads((mill.folder("datatrove") / "summary.json").read_text())
    mill.remove("datatrove")
    ratio = statistics.median(ours) / statistics.median(theirs)
    on = f"web, {part.documents} documents, {text:.1f} MB of text"
    unit = " MB/s of CPU"
    return [
        Row(ITEM, on, "datatrove, quality filter and MinHash", spread(theirs, 3, unit)),
        Row(ITEM, on, "textmill, whole shipped chain", spread(ours, 2, unit)),
        Row(ITEM, on, "documents kept by datatrove", f"{done['kept']} ({done['good']} pass the filter)"),
        Row(ITEM, on, "documents kept by textmill", str(summary["documents"]["written"])),
        at_least(ITEM, on, "textmill / datatrove", ratio, WANTED, 1),
    ]


def _datatrove(work: Path, python: Path, source: Path) -> dict:
    # It reads a folder, and resumes an earlier run that it finds there.
    folder = work / "datatrove"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "input").mkdir(parents=True)
    (folder / "input" / source.name).hardlink_to(source)
    command = [str(python), str(HERE / "datatrove_work.py"), str(folder / "input"), str(folder / "work")]
    result = took(command, work / "logs" / "datatrove-reference").check(command)
    shutil.rmtree(folder, ignore_errors=True)
    return json.loads(result.output.splitlines()[-1])
