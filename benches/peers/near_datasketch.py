"""Near-duplicates by datasketch: MinHash of 128 permutations, MinHashLSH, candidates verified exactly.

MinHashLSH chooses the bands for the threshold. Sketches are made in bulk, and shingles are hashed with
CRC-32: both are faster than the defaults.
"""

import zlib
from pathlib import Path

from datasketch import MinHash, MinHashLSH
from near_common import Verified, main, shingles, texts


def verified(source: Path, threshold: float, _work: Path) -> tuple[list[str], list[list]]:
    ids, sets = [], []
    for name, text in texts(source):
        ids.append(name)
        sets.append({shingle.encode() for shingle in shingles(text)})
    index = MinHashLSH(threshold=threshold, num_perm=128)
    found = Verified(sets, threshold)
    # In batches of 1000: all sketches at once would be kept with their permutations.
    for start in range(0, len(sets), 1000):
        sketches = MinHash.bulk(sets[start : start + 1000], num_perm=128, seed=1, hashfunc=zlib.crc32)
        for number, sketch in enumerate(sketches, start):
            for other in index.query(sketch):
                found.offer(other, number)
            index.insert(number, sketch, check_duplication=False)
    return ids, found.groups.of_several()


if __name__ == "__main__":
    main({"verified": verified})
