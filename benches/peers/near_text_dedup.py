"""Near-duplicates by text-dedup: its sketches and bands, candidates verified exactly.

The version on PyPI, 0.4.0, joins all documents that share a band. Later versions verify, but are only
available from their repository. So this script sketches with its `embed_func` and its fastest hash, keeps the
bands in tables as its `main` does, and verifies what it would join. It does without `datasets`, which would
only add cost.
"""

from collections import defaultdict
from pathlib import Path

import numpy
from near_common import Verified, main, shingles, texts
from text_dedup.minhash import RNG, embed_func
from text_dedup.utils import optimal_param, xxh3_32hash

PERMUTATIONS = 250
PRIME = numpy.uint32((1 << 32) - 5)


def verified(source: Path, threshold: float, _work: Path) -> tuple[list[str], list[list]]:
    bands, rows = optimal_param(threshold, PERMUTATIONS, false_positive_weight=0.5, false_negative_weight=0.5)
    ranges = [(band * rows, (band + 1) * rows) for band in range(bands)]
    permutations = tuple(RNG.randint(low, PRIME, size=(PERMUTATIONS,), dtype=numpy.uint32) for low in (1, 0))
    tables: list[dict[bytes, list[int]]] = [defaultdict(list) for _ in ranges]
    ids, sets = [], []
    for name, text in texts(source):
        number = len(ids)
        ids.append(name)
        sets.append(set(shingles(text)))
        sketch = embed_func(
            text,
            number,
            num_perm=PERMUTATIONS,
            ngram_size=5,
            min_length=1,
            hashranges=ranges,
            permutations=permutations,
            hash_func=xxh3_32hash,
            dtype=numpy.uint32,
            max_hash=numpy.uint32((1 << 32) - 1),
            modulo_prime=PRIME,
        )
        for table, key in zip(tables, sketch["__signatures__"]):
            table[key].append(number)
    found = Verified(sets, threshold)
    for table in tables:
        for members in table.values():
            # The first document of a band represents it, as in its `main`.
            for member in members[1:]:
                found.offer(members[0], member)
    return ids, found.groups.of_several()


if __name__ == "__main__":
    main({"verified": verified})
