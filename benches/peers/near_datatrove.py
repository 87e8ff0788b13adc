"""Near-duplicates by datatrove: its MinHash pipeline up to the clusters, without verification.

14 bands of 8 as in FineWeb, which sets the threshold to about 0.72. For lower thresholds, 25 bands of 5,
about 0.53. One worker, uncompressed files, and documents outside of clusters are not read again.
"""

import os
import struct
from collections import defaultdict
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.readers import JsonlReader
from datatrove.utils.hashing import HashConfig
from datatrove.utils.logging import logger
from near_common import main, texts


def pipeline(source: Path, threshold: float, work: Path) -> tuple[list[str], list[list]]:
    logger.remove()
    bands, rows = (14, 8) if threshold >= 0.65 else (25, 5)
    config = MinhashConfig(
        n_grams=5, num_buckets=bands, hashes_per_bucket=rows, seed=1, hash_config=HashConfig(precision=64)
    )
    (work / "input").mkdir()
    (work / "input" / "documents.jsonl").symlink_to(source.resolve())
    signatures, buckets, clusters = (str(work / name) for name in ("signatures", "buckets", "clusters"))
    for tasks, steps in (
        (1, [JsonlReader(str(work / "input"), compression=None), MinhashDedupSignature(signatures, config=config)]),
        (bands, [MinhashDedupBuckets(signatures, buckets, config=config)]),
        (1, [MinhashDedupCluster(buckets, clusters, config=config, save_cluster_id=True)]),
    ):
        logs = os.path.join(work, "logs", type(steps[-1]).__name__)
        LocalPipelineExecutor(pipeline=steps, tasks=tasks, workers=1, logging_dir=logs).run()
    groups = defaultdict(list)
    found = work / "clusters" / "000000.clusters"
    for number, cluster in struct.iter_unpack("<2I", found.read_bytes() if found.is_file() else b""):
        groups[cluster].append(number)
    return [name for name, _ in texts(source)], list(groups.values())


if __name__ == "__main__":
    main({"pipeline": pipeline})
