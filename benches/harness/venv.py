"""Virtual environments for the programs that textmill is compared with, each with pinned versions."""

import shutil
import subprocess
import sys
from pathlib import Path

from .process import failure
from .report import Failed, say

HERE = Path(__file__).resolve().parent.parent


def python_of(name: str, work: Path) -> Path:
    """The Python of a venv with `NAME-requirements.txt` installed. Rebuilt if that file has changed."""
    folder = work / "venvs" / name
    requirements = HERE / f"{name}-requirements.txt"
    python, stamp = folder / "bin" / "python", folder / "requirements.txt"
    wanted = requirements.read_text()
    if python.is_file() and stamp.is_file() and stamp.read_text() == wanted:
        return python
    say(f"making a venv with {name} in {folder}")
    shutil.rmtree(folder, ignore_errors=True)
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--requirement", str(requirements)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(failure(command, done.returncode, done.stderr))
    stamp.write_text(wanted)
    return python
