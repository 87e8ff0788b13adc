"""The lexicons of `train.py`: what each word of a line, and each name of the blocks around it, speaks for.

A logistic regression over the words of a line as a bag: a weight for each that stands on pages of enough sites. The score of a line, as the plugin has it
(`src/model/lexicon.rs`), is a column of the features. For the pages that the trees learn from it comes from a lexicon that was learned without their sites,
as it will for pages that nobody has seen: else the trees would trust it more than it deserves.
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
# Blocks around a line whose names are asked: src/html/names.rs.
BLOCKS = 8
PASSES = 8


def kept(weights):
    """Weights as they are kept, in units: half of a square, so that small ones are told apart as well as large ones. None is 0: words that are known are
    counted by that."""
    root = np.clip(np.rint(np.sqrt(2 * UNIT * np.abs(weights))), 1, 127).astype(np.int64)
    return np.where(weights < 0, -1, 1) * ((root * root + 1) // 2)


def of_names(blocks, block):
    """What is asked of the lexicon of names for a line in a block: each name with its place. For words, the features say it."""
    found, level = [], 0
    while block and level < BLOCKS:
        around, names = blocks[block - 1]
        found += [(name, 0) for name in names if name]
        if level < 3:
            found += [(name, level + 1) for name in names if name]
        block, level = around, level + 1
    return found


class Bags:
    """Lines as bags of words: a row each, a column for each word in a place that stands on the pages of `sites` sites or more."""

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
        # Divided by the square root of their number: long lines are not surer than they should be.
        scale = 1 / np.sqrt(np.maximum(self.known, 1))
        self.scaled = csr_matrix((self.counts.data * np.repeat(scale, np.diff(self.counts.indptr)), self.counts.indices, self.counts.indptr),
                                 shape=self.counts.shape)

    def learn(self, rows, label, weight):
        """The weights of all words, learned of some rows."""
        model = SGDClassifier(loss="log_loss", alpha=self.strength, average=True, max_iter=PASSES, tol=None, random_state=1)
        weight = weight[rows] / weight[rows].mean()
        model.fit(self.scaled[rows], label[rows] > 0.5, sample_weight=weight)
        return kept(model.coef_[0])

    def scores(self, weights, rows):
        """The scores of some rows, as the plugin has them."""
        sums = np.asarray(self.counts[rows] @ weights)
        whole = UNIT << 16
        steps = (sums * STEPS * ROOTS[np.minimum(self.known[rows], 255)] + whole // 2) // whole
        return np.clip(NEUTRAL + steps, 0, 255).astype(np.uint8)

    def held_out(self, fold, folds, usable, label, weight):
        """For each fold the scores of all rows by lexicons that know neither that fold nor the row's own."""
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
        """A word a line with its weights in each place."""
        found = defaultdict(dict)
        for (word, place), weight in zip(self.words, weights):
            found[word][place] = weight
        lines = [f"# {line}" for line in comment]
        for word in sorted(found):
            places = found[word]
            lines.append(" ".join([word] + [str(places.get(place, 0)) for place in range(max(places) + 1)]))
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def around(scores, first, last):
    """The columns of `of_words` in src/model/features.rs: the mean scores of lines around; `first` and `last` are those of each row's page."""
    beyond = scores.astype(np.int64) - NEUTRAL
    sums, row = np.concatenate([[0], np.cumsum(beyond)]), np.arange(len(scores))
    columns = {"lexicon": scores}
    for name, start, end in (("lexicon-4", -4, 5), ("lexicon-10", -10, 11), ("lexicon-above-6", -6, 0), ("lexicon-below-6", 1, 7)):
        low = np.clip(row + start, first, last)
        columns[name] = NEUTRAL + (sums[np.clip(row + end, low, last)] - sums[low]) // (end - start)
    columns["page-lexicon"] = NEUTRAL + (sums[last] - sums[first]) // np.maximum(last - first, 1)
    return {name: np.clip(column, 0, 255).astype(np.uint8) for name, column in columns.items()}
