"""The programs that are measured: textmill and its peers, each in its own process on the same file."""

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ..corpus import documents
from ..mill import Mill
from ..process import Took, took
from ..report import Failed, Row, say
from ..venv import HERE, python_of
from .groups import run_groups

STAGE = "dedupe"


@dataclass
class Result:
    cpu: float
    took: Took
    groups: list[list[str]]


@dataclass
class Peer:
    """A peer: the requirements that it needs, its script, and the scheme that it runs."""

    needs: str
    script: str
    scheme: str


PEERS = {
    "datasketch, verified": Peer("datasketch", "near_datasketch.py", "verified"),
    "rensa, deduplicator": Peer("rensa", "near_rensa.py", "deduplicator"),
    "rensa, verified": Peer("rensa", "near_rensa.py", "verified"),
    "text-dedup, verified": Peer("text-dedup", "near_text_dedup.py", "verified"),
    "datatrove": Peer("datatrove", "near_datatrove.py", "pipeline"),
}


@dataclass
class Near:
    """textmill with a pipeline that only finds near-duplicates."""

    mill: Mill
    pipeline: Path

    def run(self, inputs: list[Path], name: str, threshold: float, *options: str) -> Took:
        wanted = f"{STAGE}.threshold={threshold}"
        return self.mill.run(self.pipeline, inputs, name, "--set", wanted, *options)

    def dropped(self, name: str) -> Iterable[str]:
        rejected = documents(self.mill.folder(name) / "rejected.jsonl")
        return (row["id"] for row in rejected if row["stage"] == STAGE)


Subject = Callable[[Path, float], Result]


def subjects(near: Near, wanted: list[str], item: str) -> tuple[dict[str, Subject], list[Row]]:
    """The subjects that can run, textmill first, and a row for each peer that cannot be installed."""
    found: dict[str, Subject] = {"textmill": lambda source, threshold: _milled(near, source, threshold)}
    rows = []
    for label, peer in PEERS.items():
        if peer.needs not in wanted:
            continue
        try:
            python = python_of(peer.needs, near.mill.work)
        except Failed as failed:
            rows.append(Row(item, "", f"{label}: not installed", str(failed)))
            continue
        found[label] = lambda source, threshold, peer=peer, python=python: _peer(
            near.mill, peer, python, source, threshold
        )
    return found, rows


def plain(source: Iterable[dict], path: Path, text_bytes: int | None = None) -> tuple[int, int]:
    """Writes only `id` and `text`, and only of the first documents if a size is given.

    Returns the number of documents and their bytes of text."""
    number, size = 0, 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        for document in source:
            more = len(document["text"].encode())
            if number and text_bytes is not None and size + more > text_bytes:
                break
            row = {"id": str(document.get("id", number)), "text": document["text"]}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            number, size = number + 1, size + more
    return number, size


def _milled(near: Near, source: Path, threshold: float) -> Result:
    say("textmill")
    result = near.run([source], "near", threshold, "--threads", "1")
    groups = run_groups(near.mill.folder("near"))
    near.mill.remove("near")
    return Result(result.cpu, result, groups)


def _peer(mill: Mill, peer: Peer, python: Path, source: Path, threshold: float) -> Result:
    say(f"{peer.needs}, {peer.scheme}")
    folder = mill.work / "near" / peer.needs
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    script = HERE / "peers" / peer.script
    command = [str(python), "-B", str(script), peer.scheme, str(source), str(folder), "--threshold", str(threshold)]
    single = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")}
    result = took(command, mill.work / "logs" / f"near-{peer.needs}", {**mill.env, **single}).check(command)
    with open(folder / "groups.jsonl", encoding="utf-8") as lines:
        groups = [json.loads(line) for line in lines]
    shutil.rmtree(folder)
    return Result(json.loads(result.output.splitlines()[-1])["cpu_seconds"], result, groups)
