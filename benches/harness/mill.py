"""textmill under measurement: its commands, its pipelines, and the contents of its run folders."""

import os
import shutil
from pathlib import Path

from .process import Took, took

PASS = '[pipeline]\nname = "pass"\n'
CHAIN = """[pipeline]
name = "chain"

[[stage]]
plugin = "clean"

[[stage]]
plugin = "dedupe"

[[stage]]
plugin = "summarize-stats"
"""


class Mill:
    """A built textmill and the folder that it works in."""

    def __init__(self, program: Path, root: Path, work: Path):
        self.program = program
        self.work = work
        # The pipeline that ships, with every stage.
        self.news = root / "config" / "news.toml"
        self.none = self._pipeline("pass", PASS)
        self.chain = self._pipeline("chain", CHAIN)
        # Use the plugins beside the program, whatever the caller's environment says.
        self.env = {name: value for name, value in os.environ.items() if name != "TEXTMILL_PLUGIN_PATH"}

    def command(self, pipeline: Path, inputs: list[Path], name: str, *options: str) -> list[str]:
        command = [str(self.program), "run", str(pipeline), "--output", str(self.folder(name)), *options]
        for path in inputs:
            command += ["--input", str(path)]
        return command

    def run(self, pipeline: Path, inputs: list[Path], name: str, *options: str) -> Took:
        """Runs to completion, into a fresh folder.

        Fails if textmill fails."""
        self.remove(name)
        command = self.command(pipeline, inputs, name, *options)
        return took(command, self.work / "logs" / name, self.env).check(command)

    def folder(self, name: str) -> Path:
        return self.work / "runs" / name

    def remove(self, name: str) -> None:
        """Removes a run folder, and the remains of an interrupted run."""
        folder = self.folder(name)
        for path in (folder, folder.with_name(f".{name}.partial")):
            shutil.rmtree(path, ignore_errors=True)

    def _pipeline(self, name: str, text: str) -> Path:
        self.work.mkdir(parents=True, exist_ok=True)
        path = self.work / f"{name}.toml"
        path.write_text(text)
        return path


def differences(one: Path, other: Path) -> list[str]:
    """Where two run folders differ, byte by byte. `run.json` holds the timings and is skipped."""
    files = ((folder, path) for folder in (one, other) for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder) for folder, path in files}
    if not names:
        return [f"{one} holds no file"]
    found = []
    for name in sorted(names - {Path("run.json")}):
        if not (one / name).is_file() or not (other / name).is_file():
            found.append(f"{name} is in one of the two alone")
        elif (at := _first_difference(one / name, other / name)) is not None:
            found.append(f"{name} differs at byte {at}")
    return found


def _first_difference(one: Path, other: Path) -> int | None:
    at = 0
    with open(one, "rb") as a, open(other, "rb") as b:
        while True:
            x, y = a.read(1 << 20), b.read(1 << 20)
            if x != y:
                pairs = zip(x, y)
                return at + next((i for i, (p, q) in enumerate(pairs) if p != q), min(len(x), len(y)))
            if not x:
                return None
            at += len(x)
