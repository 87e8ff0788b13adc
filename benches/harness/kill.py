"""A run that is killed at random moments and resumed, against an undisturbed one."""

import random
import re
import subprocess
from pathlib import Path

from .corpus import MB, Corpus
from .mill import Mill, differences
from .process import failure
from .report import Failed, Row, say

ITEM = "kill"
NOTHING_TO_RESUME = "there is no interrupted run to go on with"
GOING_ON = re.compile(r"going on with an interrupted run: (\d+) documents")


def measure(mill: Mill, corpora: list[Corpus], options) -> list[Row]:
    inputs = [corpus.scaled(-(-options.kill_mb * MB // len(corpora))) for corpus in corpora]
    size = sum(path.stat().st_size for path in inputs) / 1e6
    flags = ["--threads", str(options.threads), "--memory", options.kill_memory]
    say(f"{ITEM}: {size:.0f} MB, left alone")
    alone = mill.run(mill.news, inputs, "kill-alone", *flags)
    killed = _Killed(mill, mill.command(mill.news, inputs, "kill", *flags))
    chance = random.Random(options.seed)
    found: list[str] = []
    # If a run ends before all of its kills, another run takes the rest.
    while not found and killed.kills < options.kills:
        mill.remove("kill")
        left = options.kills - killed.kills
        moments = sorted(chance.uniform(0, alone.wall) for _ in range(left))
        killed.run([later - sooner for sooner, later in zip([0.0, *moments], moments)])
        found = differences(mill.folder("kill-alone"), mill.folder("kill"))
    on = f"{' + '.join(corpus.name for corpus in corpora)}, {size:.0f} MB"
    figure = "; ".join(found) or "equal"
    if not found:
        mill.remove("kill")
        mill.remove("kill-alone")
    return [
        Row(ITEM, on, f"left alone, --memory {options.kill_memory}", f"{alone.wall:.1f} s"),
        Row(ITEM, on, f"killed, seed {options.seed}", killed.figure()),
        Row(ITEM, on, "documents done at each resumption", killed.places()),
        Row(ITEM, on, "output against the run left alone", figure, "equal", not found),
    ]


class _Killed:
    """Runs that are killed, and counts of their outcomes."""

    def __init__(self, mill: Mill, command: list[str]):
        self.mill = mill
        self.command = command
        self.kills = self.anew = self.runs = 0
        self.resumed: list[int] = []
        self.log = mill.work / "logs" / "kill.err"
        self.log.parent.mkdir(parents=True, exist_ok=True)

    def run(self, delays: list[float]) -> None:
        """Completes one run, which is killed and resumed after each of these delays in seconds."""
        self.runs += 1
        has_begun = False
        for delay in delays:
            if self._attempt(has_begun, delay):
                return
            has_begun = True
            self.kills += 1
            say(f"{ITEM}: killed {self.kills} times, last after {delay:.1f} s")
        self._attempt(has_begun, None)

    def _attempt(self, has_begun: bool, delay: float | None) -> bool:
        """Starts or resumes the run. True if it completed."""
        if has_begun:
            status = self._start([*self.command, "--resume"], delay)
            errors = self.log.read_text(errors="replace")
            if place := GOING_ON.search(errors):
                self.resumed.append(int(place[1]))
            if status != 1 or NOTHING_TO_RESUME not in errors:
                return self._judge(status, errors)
            # Killed before anything was committed.
            self.anew += 1
        status = self._start(self.command, delay)
        return self._judge(status, self.log.read_text(errors="replace"))

    def _start(self, command: list[str], delay: float | None) -> int | None:
        """The exit status, or None if it was killed."""
        with open(self.log, "wb") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, env=self.mill.env
            )
            try:
                return process.wait(delay)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                return None
            except BaseException:
                process.kill()
                raise

    def _judge(self, status: int | None, errors: str) -> bool:
        if status is None:
            return False
        if status != 0:
            raise Failed(f"after {self.kills} kills, {failure(self.command, status, errors)}")
        return True

    def figure(self) -> str:
        return f"kills {self.kills}, resumed {len(self.resumed)}, begun anew {self.anew}, runs {self.runs}"

    def places(self) -> str:
        return ", ".join(str(documents) for documents in self.resumed) or "none"
