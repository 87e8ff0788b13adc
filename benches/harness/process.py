"""Runs a program to completion and reports the time and memory that it took."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from .report import Failed

GNU_TIME = Path("/usr/bin/time")


@dataclass
class Took:
    """What a process took: wall-clock and processor time in seconds, and peak memory in KiB."""

    wall: float
    cpu: float
    peak: int
    status: int
    output: str
    errors: str

    def check(self, command: list[str]) -> "Took":
        """Returns itself if the program succeeded, and fails otherwise."""
        if self.status != 0:
            raise Failed(failure(command, self.status, self.errors))
        return self


def failure(command: list[str], status: int, errors: str) -> str:
    """One line about a failed program. Prints all of its error output to stderr."""
    print(f"$ {' '.join(command)}\n{errors}", file=sys.stderr, flush=True)
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    at = next((at for at, line in enumerate(lines) if line.startswith("error") or "panicked" in line), -1)
    # The message of a panic is on its second line.
    telling = lines[at : at + 2] if at >= 0 else lines[-1:]
    return f"{Path(command[0]).name} ended with status {status}: {' '.join(telling) or 'it said nothing'}"


def took(command: list[str], log: Path, env: dict[str, str] | None = None) -> Took:
    """Runs the command, with its output in `log`.out and `log`.err.

    The peak is the kernel's, from `/usr/bin/time -v` if that is installed: the one from `wait4` is never less
    than what this process held when it started the other."""
    log.parent.mkdir(parents=True, exist_ok=True)
    timed, figures = command, log.with_suffix(".time")
    if GNU_TIME.is_file():
        figures.unlink(missing_ok=True)
        timed = [str(GNU_TIME), "-v", "-o", str(figures), *command]
    # Flush earlier writes now, so that they do not count as time of this command.
    os.sync()
    with open(log.with_suffix(".out"), "wb") as out, open(log.with_suffix(".err"), "wb") as err:
        began = time.perf_counter()
        process = subprocess.Popen(
            timed, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env, start_new_session=True
        )
        try:
            _, waited, usage = os.wait4(process.pid, 0)
        except BaseException:
            # Kill the program too, not only `time`.
            os.killpg(process.pid, signal.SIGKILL)
            raise
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(waited)
    peak = usage.ru_maxrss
    if figures.is_file():
        found = re.search(r"Maximum resident set size \(kbytes\): (\d+)", figures.read_text())
        peak = int(found[1]) if found else peak
    output = log.with_suffix(".out").read_text(errors="replace")
    errors = log.with_suffix(".err").read_text(errors="replace")
    return Took(wall, usage.ru_utime + usage.ru_stime, peak, process.returncode, output, errors)
