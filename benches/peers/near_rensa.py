"""Near-duplicates by rensa, in two of its schemes.

`deduplicator`: RMinHashDeduplicator, its fastest that tells what a document repeats; sketches verify the
candidates.
`verified`: R-MinHash and RMinHashLSH, candidates verified exactly.
"""

from pathlib import Path

from near_common import Groups, Verified, main, shingles, texts
from rensa import RMinHash, RMinHashDeduplicator, RMinHashLSH

SEED = 42


def deduplicator(source: Path, threshold: float, _work: Path) -> tuple[list[str], list[list]]:
    index = RMinHashDeduplicator(threshold=threshold, num_perm=128, use_lsh=True, seed=SEED)
    ids, doubtful = [], []
    # Twins are queried only for the documents that it does not keep.
    for name, text in texts(source):
        number, tokens = len(ids), shingles(text)
        ids.append(name)
        # Texts without words would all be twins of each other.
        if tokens and not index.add_pairs([(str(number), tokens)])[0]:
            doubtful.append((number, tokens))
    groups = Groups()
    for (number, _), twins in zip(doubtful, index.get_duplicate_sets([tokens for _, tokens in doubtful])):
        for twin in twins:
            groups.join(int(twin), number)
    return ids, groups.of_several()


def verified(source: Path, threshold: float, _work: Path) -> tuple[list[str], list[list]]:
    ids, sets, sketches = [], [], []
    batch: list[list[str]] = []
    for name, text in texts(source):
        ids.append(name)
        batch.append(shingles(text))
        sets.append(set(batch[-1]))
        if len(batch) == 1000:
            sketches += RMinHash.from_token_sets(batch, 128, SEED)
            batch = []
    sketches += RMinHash.from_token_sets(batch, 128, SEED)
    # 16 bands of 8, as its documentation advises for 0.8; 32 of 4 for lower thresholds.
    index = RMinHashLSH(threshold=threshold, num_perm=128, num_bands=16 if threshold >= 0.7 else 32)
    index.insert_many(sketches)
    found = Verified(sets, threshold)
    for number, candidates in enumerate(index.query_all(sketches)):
        for other in candidates:
            found.offer(other, number)
    return ids, found.groups.of_several()


if __name__ == "__main__":
    main({"deduplicator": deduplicator, "verified": verified})
