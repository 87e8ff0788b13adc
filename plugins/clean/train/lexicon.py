"""The lexicons of `train.py`: whether the words of a line, and the names of the blocks around it, suggest main text.

A lexicon is a logistic regression over a line as a bag of words, with a weight for each word that occurs on pages
of enough sites. The score of a line is computed as in the plugin (`src/model/lexicon.rs`), and is a feature. For
the pages that the trees learn from, the score comes from a lexicon that was learned without their sites, as it does
for unseen pages: otherwise the trees would trust it too much.
"""
import math
from collections import defaultdict
from itertools import combinations

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import SGDClassifier

# As in src/model/lexicon.rs.
UNIT, STEPS, NEUTRAL = 1024, 8, 128
ROOTS = np.array([0] + [math.isqrt((1 << 32) // n) for n in range(1, 256)])
# Blocks around a line whose names are looked up, as in src/html/names.rs.
BLOCKS = 8
PASSES = 8


def kept(weights):
    """Quantises weights to half of a square, in units.

    Small weights are thus told apart as well as large ones. None becomes 0: known words are counted by that.
    """
    root = np.clip(np.rint(np.sqrt(2 * UNIT * np.abs(weights))), 1, 127).astype(np.int64)
    return np.where(weights < 0, -1, 1) * ((root * root + 1) // 2)


def of_names(blocks, block):
    """The names that are looked up for a line in `block`, each with its place.

    For words, `examples/features.rs` does the same.
    """
    found, level = [], 0
    while block and level < BLOCKS:
        around, names = blocks[block - 1]
        found += [(name, 0) for name in names if name]
        if level < 3:
            found += [(name, level + 1) for name in names if name]
        block, level = around, level + 1
    return found


class Bags:
    """Lines as bags of words: a row for each line, a column for each word in a place.

    Only words that occur in that place on pages of `sites` sites or more have a column.
    """

    def __init__(self, bags, site_of, sites, strength):
        found, of_sites, numbers = [], defaultdict(set), {}
        for bag, site in zip(bags, site_of):
            rows = [numbers.setdefault(word, len(numbers)) for word in bag]
            found.append(rows)
            for number in rows:
                of_sites[number].add(site)
        keys = sorted(word for word, number in numbers.items() if len(of_sites[number]) >= sites)
        column = np.full(len(numbers), -1)
        for n, word in enumerate(keys):
            column[numbers[word]] = n
        ends = np.cumsum([0] + [len(rows) for rows in found])
        columns = column[np.fromiter((n for rows in found for n in rows), np.int64, ends[-1])]
        kept = columns >= 0
        starts = np.concatenate([[0], np.cumsum(kept)])[ends]
        self.words, self.strength = keys, strength
        self.counts = csr_matrix((np.ones(starts[-1]), columns[kept], starts), shape=(len(found), len(keys)))
        self.counts.sum_duplicates()
        self.known = np.diff(starts)
        # Divided by the square root of the number of words, so that long lines are not scored with too much
        # confidence.
        scale = 1 / np.sqrt(np.maximum(self.known, 1))
        self.scaled = csr_matrix((self.counts.data * np.repeat(scale, np.diff(self.counts.indptr)), self.counts.indices, self.counts.indptr),
                                 shape=self.counts.shape)

    def learn(self, rows, label, weight):
        """The weights of all words, learned from `rows`."""
        model = SGDClassifier(loss="log_loss", alpha=self.strength, average=True, max_iter=PASSES, tol=None, random_state=1)
        weight = weight[rows] / weight[rows].mean()
        model.fit(self.scaled[rows], label[rows] > 0.5, sample_weight=weight)
        return kept(model.coef_[0])

    def scores(self, weights, rows):
        """The scores of `rows`, as the plugin computes them."""
        sums = np.asarray(self.counts[rows] @ weights)
        whole = UNIT << 16
        steps = (sums * STEPS * ROOTS[np.minimum(self.known[rows], 255)] + whole // 2) // whole
        return np.clip(NEUTRAL + steps, 0, 255).astype(np.uint8)

    def held_out(self, fold, folds, usable, label, weight):
        """For each fold, the scores of all rows by lexicons learned without it and without the row's own fold."""
        def learned(*without):
            return self.learn(usable & ~np.isin(fold, without) & (weight > 0), label, weight)

        out = np.zeros((folds, len(label)), np.uint8)
        for one, other in combinations(range(folds), 2):
            weights = learned(one, other)
            for apart, rows in ((one, fold == other), (other, fold == one)):
                out[apart, rows] = self.scores(weights, rows)
        for one in range(folds):
            out[one, fold == one] = self.scores(learned(one), fold == one)
        return out

    def write(self, weights, path, comment):
        """Writes one word per line, with its weight for each place."""
        found = defaultdict(dict)
        for (word, place), weight in zip(self.words, weights):
            found[word][place] = weight
        lines = [f"# {line}" for line in comment]
        for word in sorted(found):
            places = found[word]
            lines.append(" ".join([word] + [str(places.get(place, 0)) for place in range(max(places) + 1)]))
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def around(scores, first, last):
    """The columns of `of_words` in src/model/features.rs: the mean scores of the lines around each line.

    `first` and `last` are the first row of each row's page and one past its last row.
    """
    beyond = scores.astype(np.int64) - NEUTRAL
    sums, row = np.concatenate([[0], np.cumsum(beyond)]), np.arange(len(scores))
    columns = {"lexicon": scores}
    for name, start, end in (("lexicon-4", -4, 5), ("lexicon-10", -10, 11), ("lexicon-above-6", -6, 0), ("lexicon-below-6", 1, 7)):
        low = np.clip(row + start, first, last)
        columns[name] = NEUTRAL + (sums[np.clip(row + end, low, last)] - sums[low]) // (end - start)
    columns["page-lexicon"] = NEUTRAL + (sums[last] - sums[first]) // np.maximum(last - first, 1)
    return {name: np.clip(column, 0, 255).astype(np.uint8) for name, column in columns.items()}
