"""MinHash near-duplicates and a quality filter in datatrove, over a folder of JSON Lines.

Run by `run.py` with the Python of a venv that has datatrove: `datatrove_work.py INPUT_FOLDER WORK_FOLDER`.
Prints one line of JSON: CPU seconds of the work (without imports and start-up), documents that pass the
filter, documents kept. As cheap as possible: one worker, uncompressed files, steps joined where datatrove
allows it.
"""

import json
import os
import sys
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import (
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.filters import GopherQualityFilter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from datatrove.utils.hashing import HashConfig
from datatrove.utils.logging import logger


def cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main(source: Path, work: Path) -> None:
    logger.remove()
    config = MinhashConfig(
        n_grams=5, num_buckets=14, hashes_per_bucket=8, seed=1, hash_config=HashConfig(precision=64)
    )
    folder = {name: str(work / name) for name in ("good", "signatures", "buckets", "removed", "kept", "logs")}

    def step(name: str, tasks: int, pipeline: list) -> None:
        logs = os.path.join(folder["logs"], name)
        LocalPipelineExecutor(pipeline=pipeline, tasks=tasks, workers=1, logging_dir=logs).run()

    began = cpu_seconds()
    step(
        "signatures",
        1,
        [
            JsonlReader(str(source), compression=None),
            GopherQualityFilter(),
            JsonlWriter(folder["good"], compression=None),
            MinhashDedupSignature(folder["signatures"], config=config),
        ],
    )
    step(
        "buckets",
        config.num_buckets,
        [MinhashDedupBuckets(folder["signatures"], folder["buckets"], config=config)],
    )
    step("clusters", 1, [MinhashDedupCluster(folder["buckets"], folder["removed"], config=config)])
    step(
        "filter",
        1,
        [
            JsonlReader(folder["good"], compression=None),
            MinhashDedupFilter(folder["removed"]),
            JsonlWriter(folder["kept"], compression=None),
        ],
    )
    spent = cpu_seconds() - began

    kept = sum(sum(1 for _ in open(path, "rb")) for path in Path(folder["kept"]).glob("*.jsonl"))
    good = sum(sum(1 for _ in open(path, "rb")) for path in Path(folder["good"]).glob("*.jsonl"))
    print(json.dumps({"cpu_seconds": spent, "good": good, "kept": kept}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
