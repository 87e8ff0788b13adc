"""Corpora of the size that a measurement needs: all documents, repeated with changed ids."""

import contextlib
import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .report import Failed, say

MB = 1_000_000


@dataclass
class Slice:
    """A file with the first documents of a corpus."""

    path: Path
    documents: int
    text_bytes: int


class Corpus:
    """A JSON Lines file, compressed or not, and the folder for the files made from it."""

    def __init__(self, name: str, source: Path, work: Path):
        if not source.is_file():
            raise Failed(f"there is no file `{source}`")
        self.name = name
        self.source = source
        self.work = work
        stat = source.stat()
        made_of = f"{source.resolve()} {stat.st_size} {stat.st_mtime_ns}"
        self.stamp = hashlib.sha256(made_of.encode()).hexdigest()[:8]

    def scaled(self, at_least: int) -> Path:
        """An uncompressed file of at least this many bytes, in whole copies. Ids of copy 1 end in `~1`."""
        path = self._path(f"{at_least // MB}mb.jsonl")
        if path.is_file():
            return path
        room(self.work, at_least)
        say(f"making {path.name}")
        ends, partial = [], path.with_suffix(".partial")
        with open(partial, "wb") as out:
            for number, document in enumerate(self._documents()):
                name = document.pop("id", f"{self.name}-{number}")
                head = '{"id": ' + json.dumps(str(name), ensure_ascii=False)
                rest = json.dumps(document, ensure_ascii=False)[1:]
                out.write((head + ", " + rest + "\n").encode())
                ends.append(len(head.encode()) - 1)
            size = out.tell()
            if not size:
                raise Failed(f"`{self.source}` holds no document")
            out.flush()
            for copy in range(1, -(-at_least // size)):
                mark = f"~{copy}".encode()
                with open(partial, "rb") as base:
                    for end, line in zip(ends, base):
                        out.write(line[:end] + mark + line[end:])
        partial.rename(path)
        return path

    def first(self, text_bytes: int) -> Slice:
        """The first documents, with at most this many bytes of text, but at least one document."""
        path = self._path(f"first-{text_bytes // MB}mb.jsonl")
        documents, total = 0, 0
        with open(path, "wb") as out:
            for document in self._documents():
                size = len(document["text"].encode())
                if documents and total + size > text_bytes:
                    break
                out.write((json.dumps(document, ensure_ascii=False) + "\n").encode())
                documents, total = documents + 1, total + size
        return Slice(path, documents, total)

    def _path(self, what: str) -> Path:
        folder = self.work / "corpora"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{self.name}-{self.stamp}-{what}"

    def _documents(self) -> Iterator[dict]:
        return documents(self.source)


def documents(source: Path) -> Iterator[dict]:
    """The documents of a JSON Lines file, plain or compressed with zstd."""
    with contextlib.ExitStack() as stack:
        if source.suffix == ".zst":
            if shutil.which("zstd") is None:
                raise Failed(f"the program `zstd` is needed to read `{source}`")
            command = ["zstd", "-dcq", str(source)]
            unpack = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE))
            stack.callback(unpack.terminate)
            lines = unpack.stdout
        else:
            lines = stack.enter_context(open(source, "rb"))
        for line in lines:
            if line.strip():
                yield json.loads(line)
        if source.suffix == ".zst" and unpack.wait() != 0:
            raise Failed(f"`{source}` cannot be unpacked")


def room(folder: Path, wanted: int) -> None:
    """Fails if the disk has less room than `wanted` bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise Failed(f"`{folder}` has room for {free / 1e9:.1f} GB, and {wanted / 1e9:.1f} GB are needed")
