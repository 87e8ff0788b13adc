"""Near-duplicates by text-dedup: its sketches and bands, candidates verified exactly.

What PyPI has of it, 0.4.0, joins all that share a band. Later ones verify, but are to be had from their repository
alone. So its own `embed_func` sketches here, with its fastest hash, the bands are tables as they are in its `main`, and
what it would join is counted first. Its `datasets` are left out: they would only cost.
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
            # The first of a band stands for it, as it does there.
            for member in members[1:]:
                found.offer(members[0], member)
    return ids, found.groups.of_several()


if __name__ == "__main__":
    main({"verified": verified})
