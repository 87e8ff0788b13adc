#!/usr/bin/env python3
"""Trains the model of the `clean` plugin on pages with labelled main text, and measures it on sites that it has not seen.

    python3 -m pip install -r plugins/clean/train/requirements.txt
    python3 plugins/clean/train/train.py plain PAGES.jsonl.zst... --out plugins/clean/src/model/plain.txt

Pages are JSON Lines, plain or compressed with zstd (needs the `zstd` program): `id`, `url`, `text` (all visible text, one
line per block), `html`, `gold_text`. The set of a page is the name of its file. Pages without a gold text are used if
`marks.tsv` says which of their lines are main text (they form the set `marked`), and skipped otherwise.

Steps
1. `examples/features.rs` cleans every page and returns its lines with their features, their words and the names of the
   blocks around them, so that training sees what the plugin sees. `lexicon.py` learns what the words and names suggest; its
   scores of lines are features, too.
2. The label of a line is the share of its words that are found, in order, in the gold text; for marked pages, in their main
   lines. Lines marked as doubtful are ignored.
3. Five folds, by site and never by page: all pages of a registrable domain are in one fold.
4. A gradient-boosted ensemble of oblivious trees (CatBoost) is trained on the labels, as the mean of two. The weight of a
   line is the square root of its share of the gold text, so that pages count about equally. Pages with a gold text on which
   the folds' models score less than 0.5 are left out of training but never out of the figures: most of these gold texts are
   only part of the main text.
5. Likelihoods are adjusted by the confidence in the whole page, as the plugin does.
6. The lexicons are written beside the weights, as `…-words.txt` and, for HTML, `…-names.txt`.
7. `--by-language` writes nothing: its folds are languages instead of sites, and it measures a model on languages of which
   it has seen no page.
8. Figures: word 4-gram precision and recall, averaged over pages, and their harmonic mean, for pages of sites that the
   model has not seen ("unseen"), and for the model that is written ("fitted").

The seed is fixed; the same pages, versions and machine give the same weights.
"""
import argparse
import json
import re
import statistics
import subprocess
import sys
import zlib
from collections import Counter, defaultdict
from pathlib import Path
from urllib.parse import urlparse

import cydifflib
import numpy as np
from catboost import CatBoost, Pool

import lexicon

ROOT = Path(__file__).resolve().parents[3]
MARKS = Path(__file__).with_name("marks.tsv")
FOLDS = 5
# Seed for shuffling sites into folds.
SEED = 1
# Columns that are also read from lines above and below, and at which distances.
SHIFTED = {name: (-3, -2, -1, 1, 2, 3) for name in ("words", "end", "rules", "capitals", "prose")}
SHIFTED |= {name: (-1, 1) for name in ("start", "breaks", "digits", "letters", "word-length", "commas", "repeats")}
SHIFTED |= {"lexicon": (-2, -1, 1, 2)}
SHIFTED_IN_HTML = {name: (-2, -1, 1, 2) for name in ("kind", "link-share", "parent-lines", "names")}
# For each lexicon: on how many sites a word must occur, and the strength of regularisation.
WORDS, NAMES = (10, 1e-5), (8, 5e-5)
# Leaves are written in 1/1024 logit.
UNIT = 1024
# The set with all types of pages, and the set of marked pages.
GENERAL, MARKED = "wcxb", "marked"
# Weights of pages. News and articles that were chosen as such count most, because most pages will be of this
# type. Pages that are not articles are few; in plain text, where little tells them apart, a greater weight lowers
# F1 on news.
FACTORS = defaultdict(lambda: 2, {GENERAL: 1, MARKED: 1.5})
OTHERS = {"plain": 1, "html": 2}
# How likelihoods are adjusted by the confidence in a page, as in src/decide.rs.
KEPT, CONFIDENCE, NEEDED = 0.45, (0.7, 0.85), (0.15, 0.5)
DOUBTFUL = 0.2, 20
# A page is seen without the lines in the middle of its long menus if the others have this share of its main text.
JOINED = 0.995
COLUMNS = {"plain": 90, "html": 110}
# Trees per ensemble. In plain text, 200 gain nothing: F1 on unseen news and articles is the same within 0.001.
TREES = {"plain": 100, "html": 200}
# Folds by language: these three, all other languages (3), and English with pages that name no language.
LANGUAGES = {"de": 0, "fr": 1, "es": 2, "en": 4}
# The ensembles of these seeds are averaged: they do not agree where the result for a page depends on chance.
SEEDS = (1, 2)


def rows(path):
    if str(path).endswith(".zst"):
        with subprocess.Popen(["zstd", "-dcq", "--long=27", str(path)], stdout=subprocess.PIPE) as process:
            yield from map(json.loads, process.stdout)
    else:
        with open(path, encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def site(page):
    host = urlparse(page["url"] or "").hostname
    if not host:
        return page["id"]
    parts = host.lower().split(".")
    is_second_level = len(parts) > 2 and parts[-2] in ("co", "com", "org", "net", "ac", "gov", "edu")
    return ".".join(parts[-3:] if is_second_level else parts[-2:])


def language(page):
    """The language that the page's HTML names; `en` if it names none."""
    found = re.search(r"<html[^>]*\blang=[\"']?([a-zA-Z]{2})", page.get("html") or "")
    return found.group(1).lower() if found else "en"


def words(text):
    return re.findall(r"\w+", text)


def shingles(tokens):
    if not tokens:
        return Counter()
    if len(tokens) < 4:
        return Counter([tuple(tokens)])
    return Counter(zip(tokens, tokens[1:], tokens[2:], tokens[3:]))


def numbers(ranges):
    """Parses `3 7-9` to {3, 7, 8, 9}, and `-` to the empty set."""
    ends = [part.split("-") for part in ranges.split() if part != "-"]
    return {number for part in ends for number in range(int(part[0]), int(part[-1]) + 1)}


def marks():
    """For each marked page: the checksum of its text, its main lines and its doubtful lines."""
    fields = (line.split("\t") for line in MARKS.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return {name: (int(checksum, 16), numbers(main), numbers(doubtful)) for name, checksum, main, doubtful in fields}


def gold(page, mark):
    """The words of a page's gold text including doubtful ones, and for each word whether it is doubtful."""
    if not mark:
        found = words(page["gold_text"])
        return found, np.full(len(found), False)
    checksum, main, doubtful = mark
    if zlib.crc32(page["text"].encode()) != checksum:
        sys.exit(f"{page['id']} was marked with another text")
    lines = [(words(line), i in doubtful) for i, line in enumerate(page["text"].split("\n")) if i in main | doubtful]
    return [w for line, _ in lines for w in line], np.repeat([d for _, d in lines], [len(line) for line, _ in lines])


class Page:
    """A page: its lines with their features and labels."""

    def __init__(self, page, name, head, columns, mark):
        lines = head["lines"]
        self.words = [[tuple(asked) for asked in line] for line in head["words"]]
        self.blocks, self.block_of = head["blocks"], head["block_of"]
        self.set, self.type, self.site = MARKED if mark else name, page.get("page_type") or "-", site(page)
        self.language = language(page)
        self.lines = [words(line) for line in lines]
        found, doubtful = gold(page, mark)
        main = [w for w, doubt in zip(found, doubtful) if not doubt]
        self.gold, self.columns = shingles(main), columns
        tokens = [w.lower() for line in self.lines for w in line]
        owner = np.repeat(np.arange(len(lines)), [len(line) for line in self.lines])
        hits = np.zeros((2, len(lines)))
        matcher = cydifflib.SequenceMatcher(None, tokens, [w.lower() for w in found], autojunk=False)
        for at, there, size in matcher.get_matching_blocks():
            np.add.at(hits, (doubtful[there:there + size].astype(int), owner[at:at + size]), 1)
        counts = np.array([len(line) for line in self.lines])
        self.label = np.where(counts > 0, hits[0] / np.maximum(counts, 1), 0)
        self.counted = 2 * hits[1] <= counts
        self.weight = np.sqrt(np.minimum(counts / max(30, len(main)), 0.5)) * self.counted

    def main(self):
        """Number of words in main lines."""
        return sum(label * len(line) for label, line in zip(self.label, self.lines))

    def score(self, kept):
        """Precision (`None` if nothing is kept) and recall."""
        kept = np.logical_and(kept, self.counted)
        tokens = [w for line, keep in zip(self.lines, kept) if keep for w in line]
        found = shingles(tokens)
        common = sum((self.gold & found).values())
        return (common / sum(found.values()) if found else None), common / max(1, sum(self.gold.values()))


def read(mode, files):
    """The pages with features, the names of the features, and which of these are also read from other lines."""
    marked = marks()
    pages = [(page, Path(file).name.split(".")[0]) for file in files for page in rows(file)]
    pages = [(page, name) for page, name in pages if page.get("gold_text") or page["id"] in marked]
    command = ["cargo", "run", "--release", "-q", "-p", "clean", "--example", "features"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    html = mode == "html"
    # Plain text: each page in whole, and without the lines in the middle of long menus.
    forms = (False,) if html else (False, True)
    kind = {"media_type": "text/html" if html else "text/plain"}
    lines = (
        {"id": p["id"], "text": p["html" if html else "text"], "joins": joins} | kind for p, _ in pages for joins in forms
    )
    out = process.communicate("".join(json.dumps(line) + "\n" for line in lines).encode())[0]
    if process.returncode:
        sys.exit("features could not be computed")
    end = out.index(b"\n")
    names, at = json.loads(out[:end]), end + 1
    plan = SHIFTED | SHIFTED_IN_HTML if html else SHIFTED
    done = []
    for page, name in pages:
        mark, whole = None if page.get("gold_text") else marked[page["id"]], None
        for _ in forms:
            end = out.index(b"\n", at)
            head, at = json.loads(out[at:end]), end + 1
            assert head["id"] == page["id"]
            count = len(head["lines"])
            columns = np.frombuffer(out, np.uint8, count * len(names), at).reshape(len(names), count)
            at += columns.size
            if whole is None or count < len(whole.lines):
                seen = Page(page, name, head, columns.T, mark)
                # The plugin judges a menu line by line if the lines beside its middle disagree. Here, it is seen line by
                # line if its middle has main text.
                whole = seen if whole is None or seen.main() >= JOINED * whole.main() else whole
        done.append(whole)
    return done, names, plan


class Table:
    """The features of all lines of all pages.

    Those of the lexicons are kept for each fold: learned without that fold and without the line's own fold.
    """

    def __init__(self, pages, names, plan, fold, label, weight):
        self.fold, self.label, self.weight = fold, label, weight
        ends = np.cumsum([0] + [len(page.label) for page in pages])
        owner = np.repeat(np.arange(len(pages)), np.diff(ends))
        self.first, self.last = ends[owner], ends[owner + 1]
        self.plan, self.names = plan, names + [f"{name}@{shift}" for name, shifts in plan.items() for shift in shifts]
        self.columns = np.empty((len(fold), len(self.names)), np.uint8)
        self.columns[:, :len(names)] = np.concatenate([page.columns for page in pages])
        for name in names:
            self.shift(self.columns, name)
        site_of = [page.site for page in pages for _ in page.label]
        bags = [words for page in pages for words in page.words]
        self.bags = {"words": lexicon.Bags(bags, site_of, *WORDS)}
        if any(page.blocks for page in pages):
            bags = [lexicon.of_names(page.blocks, block) for page in pages for block in page.block_of]
            self.bags["names"] = lexicon.Bags(bags, site_of, *NAMES)

    def shift(self, columns, name):
        """Fills the columns of a feature in the lines above and below; zeros outside the page."""
        column, row = columns[:, self.names.index(name)], np.arange(len(columns))
        for shift in self.plan.get(name, ()):
            there = row + shift
            is_inside = (self.first <= there) & (there < self.last)
            columns[:, self.names.index(f"{name}@{shift}")] = np.where(is_inside, column[np.clip(there, 0, len(row) - 1)], 0)

    def learn_lexicons(self, usable):
        """Trains the lexicons on the usable lines."""
        self.scores = {name: bags.held_out(self.fold, FOLDS, usable, self.label, self.weight) for name, bags in self.bags.items()}

    def of(self, scores):
        """All features, with the given scores of the lexicons."""
        columns = self.columns.copy()
        found = lexicon.around(scores["words"], self.first, self.last)
        if "names" in scores:
            found["names"] = scores["names"]
        for name, values in found.items():
            columns[:, self.names.index(name)] = values
            self.shift(columns, name)
        return columns

    def without(self, fold):
        """The features for an ensemble that is trained without `fold`."""
        return self.of({name: scores[fold] for name, scores in self.scores.items()})

    def unknown(self):
        """The features of each line, with lexicons learned without its own fold."""
        return self.of({name: scores[self.fold, np.arange(len(self.fold))] for name, scores in self.scores.items()})

    def shipped(self, usable, out, comment):
        """The features with lexicons learned from all usable lines, which are written beside the weights."""
        scores, every = {}, np.full(len(self.fold), True)
        for name, bags in self.bags.items():
            weights = bags.learn(usable & (self.weight > 0), self.label, self.weight)
            bags.write(weights, out.with_name(f"{out.stem}-{name}.txt"), comment(name))
            scores[name] = bags.scores(weights, every)
        return self.of(scores)


def fit(x, label, weight, trees, seeds):
    """Trains an ensemble for each seed."""
    models = []
    for seed in seeds:
        models.append(CatBoost({
            "loss_function": "CrossEntropy", "iterations": trees, "depth": 6, "learning_rate": 20 / trees, "l2_leaf_reg": 10,
            "rsm": 0.3, "random_seed": seed, "border_count": 64, "boosting_type": "Plain", "bootstrap_type": "Bernoulli",
            "subsample": 0.8, "verbose": 0, "allow_writing_files": False, "thread_count": 2,
        }))
        models[-1].fit(Pool(x, label, weight=weight))
    return models


def likelihood(models, x):
    return 1 / (1 + np.exp(-np.mean([model.predict(x) for model in models], axis=0)))


def settled(pages, likelihoods):
    """The likelihoods of lines, adjusted by the confidence in each page: `settle` of src/decide.rs."""
    out = []
    for page, found in zip(pages, split(pages, likelihoods)):
        counts = np.array([len(line) for line in page.lines])
        kept, fewest = (found > KEPT, 1) if counts[found > KEPT].sum() else (found > DOUBTFUL[0], DOUBTFUL[1])
        if counts[kept].sum() < fewest:
            out.append(found)
            continue
        confidence = (found * counts)[kept].sum() / counts[kept].sum()
        low, high = CONFIDENCE
        needed = NEEDED[0] + (NEEDED[1] - NEEDED[0]) * min(1, max(0, (confidence - low) / (high - low)))
        weighed = found * (KEPT / (1 - KEPT)) / (needed / (1 - needed))
        out.append(weighed / (1 - found + weighed))
    return np.concatenate(out)


def table(pages, kept, title, by_language=False):
    """Prints a row for each set, and for each type of page of the general set.

    With `by_language`, prints a row for each fold of languages instead, of news and articles only.
    """
    groups = defaultdict(list)
    for page, keep in zip(pages, kept):
        if by_language:
            if page.set != GENERAL or page.type == "article":
                groups[page.language if page.language in LANGUAGES else "others"].append(page.score(keep))
            continue
        groups[page.set].append(page.score(keep))
        if page.set == GENERAL:
            groups[f"{page.set}, {page.type}"].append(groups[page.set][-1])
        elif page.set != MARKED:
            groups["news and articles with a gold text"].append(groups[page.set][-1])
    print(f"\n| {title} | pages | precision | recall | F1 |\n| --- | --- | --- | --- | --- |")
    for name, scores in sorted(groups.items()):
        precision = statistics.mean([p for p, _ in scores if p is not None] or [0])
        recall = statistics.mean(r for _, r in scores)
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        print(f"| {name} | {len(scores)} | {precision:.4f} | {recall:.4f} | {f1:.4f} |")


def split(pages, flat):
    ends = np.cumsum([len(page.label) for page in pages])[:-1]
    return np.split(flat, ends)


def write(models, names, path, comment):
    folder = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path(path).parent
    biases, trees = [], []
    for model in models:
        model.save_model(str(folder / "model.json"), format="json")
        trained = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        scale, bias = trained["scale_and_bias"]
        biases.append(bias[0])
        for tree in trained["oblivious_trees"]:
            questions = [f"{names[s['float_feature_index']]}>{int(np.floor(s['border']))}" for s in tree["splits"]]
            leaves = [str(round(leaf * scale * UNIT / len(models))) for leaf in tree["leaf_values"]]
            trees.append(f"{' '.join(questions)}: {' '.join(leaves)}")
    lines = [f"# {line}".rstrip() for line in comment] + [f"bias {round(np.mean(biases) * UNIT)}"]
    Path(path).write_text("\n".join(lines + trees) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["plain", "html"])
    parser.add_argument("pages", nargs="+")
    parser.add_argument("--out", required="--by-language" not in sys.argv)
    parser.add_argument("--trees", type=int, help="trees per ensemble; 100 for plain text, 200 for HTML")
    parser.add_argument("--columns", type=int, help="how many features the model may use; 90 for plain text, 110 for HTML")
    parser.add_argument("--by-language", action="store_true", help="folds by language; writes nothing")
    parser.add_argument("--cut", type=float, default=0.45, help="lines with a higher likelihood are kept")
    a = parser.parse_args()
    a.trees = a.trees or TREES[a.mode]
    pages, names, plan = read(a.mode, a.pages)
    label = np.clip(np.concatenate([page.label for page in pages]), 0, 1)
    factor = {p: OTHERS[a.mode] if p.set == GENERAL and p.type != "article" else FACTORS[p.set] for p in pages}
    weight = np.concatenate([page.weight * factor[page] for page in pages])
    sites = sorted({page.site for page in pages})
    np.random.RandomState(SEED).shuffle(sites)
    number = {name: i % FOLDS for i, name in enumerate(sites)}
    own = {page: LANGUAGES.get(page.language, 3) if a.by_language else number[page.site] for page in pages}
    fold = np.concatenate([np.full(len(page.label), own[page]) for page in pages])
    features = Table(pages, names, plan, fold, label, weight)
    names = features.names
    print(f"{len(pages)} pages, {len(sites)} sites, {len(label)} lines, {len(names)} features")

    def unseen(columns, usable):
        out = np.zeros(len(label))
        features.learn_lexicons(usable)
        for f in range(FOLDS):
            x, train = features.without(f)[:, columns], (fold != f) & usable & (weight > 0)
            out[fold == f] = likelihood(fit(x[train], label[train], weight[train], a.trees, SEEDS), x[fold == f])
        return out

    table(pages, split(pages, label >= 0.6), "lines that are gold")
    every = np.arange(len(names))
    first = unseen(every, np.full(len(label), True))
    doubtful = []
    for page, keep in zip(pages, split(pages, first > a.cut)):
        precision, recall = page.score(keep)
        is_bad = 2 * (precision or 0) * recall < 0.5 * ((precision or 0) + recall) or not precision
        doubtful.append(is_bad and page.set != MARKED)
    usable = np.concatenate([np.full(len(p.label), not bad) for p, bad in zip(pages, doubtful)])
    if a.by_language:
        kept = split(pages, settled(pages, unseen(every, usable)) > a.cut)
        return table(pages, kept, "unseen languages", by_language=True)
    features.learn_lexicons(usable)
    x = features.unknown()
    models = fit(x[usable], label[usable], weight[usable], a.trees, SEEDS)
    importance = sum(model.get_feature_importance() for model in models)
    columns = np.sort(np.argsort(-importance, kind="stable")[:a.columns or COLUMNS[a.mode]])
    found = settled(pages, unseen(columns, usable))
    table(pages, split(pages, found > a.cut), "unseen sites")
    for cut in (0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65):
        scores = [p.score(k) for p, k in zip(pages, split(pages, found > cut)) if p.set != GENERAL or p.type == "article"]
        precision, recall = statistics.mean(p for p, _ in scores if p is not None), statistics.mean(r for _, r in scores)
        print(f"cut {cut}: news and articles, F1 {2 * precision * recall / (precision + recall):.4f} ({precision:.4f}, {recall:.4f})")
    models = fit(x[usable][:, columns], label[usable], weight[usable], a.trees, SEEDS)
    shipped = features.shipped(usable, Path(a.out), lambda kind: [
        f"What {kind} speak for in {a.mode} pages, in 1/1024 logit: written by train/train.py, not by hand. See src/model/lexicon.rs for the form.",
    ])
    table(pages, split(pages, settled(pages, likelihood(models, shipped[:, columns])) > a.cut), "fitted")
    comment = [
        f"Weights of the model for {a.mode} pages: written by train/train.py, not by hand. See src/model/forest.rs for the form.",
        f"{len(pages)} pages of {len(sites)} sites, {sum(doubtful)} of them left out; seeds {SEEDS}, {a.trees} trees each, {len(columns)} features.",
    ]
    write(models, [names[c] for c in columns], a.out, comment)


if __name__ == "__main__":
    main()
