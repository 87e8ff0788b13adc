#!/usr/bin/env python3
"""Trains the models of the `clean` plugin on pages with labelled main text, and says how good they are on sites they have not seen.

    python3 -m pip install -r plugins/clean/train/requirements.txt
    python3 plugins/clean/train/train.py PAGES.jsonl.zst... --out plugins/clean/src/model

Pages are JSON Lines, plain or under zstd (with the `zstd` program): `id`, `url`, `text` (all visible text, a line for each
block), `html`, `gold_text`. The set of a page is the name of its file. Pages without a gold text are unlabelled.

What it does
1. `examples/features.rs` cleans every page, as HTML and as plain text, and gives its lines with their features, so that
   training sees what the plugin sees.
2. The label of a line is the share of its words that are found, in order, in the gold text.
3. Five folds, by site and never by page: all pages of a registrable domain lie in one fold.
4. A gradient-boosted ensemble of oblivious trees (CatBoost) on the labels; the weight of a line is the square root of its
   share of the gold text, so that a page counts for about as much as another. Pages on which the folds' models score less
   than 0.5 are left out of training, though never out of the figures: most of them have a gold text that is only part of
   the main text.
5. Unlabelled pages, of sites that no labelled page is of: the model that sees HTML says how likely each of their lines is, and
   these likelihoods, by the words of the lines, are labels that the plain model learns from, too (co-training on two views of a
   page, Blum and Mitchell 1998; soft labels of a better-informed teacher, Hinton et al. 2015). In a fold, the teacher is the
   one that has not seen the fold. The HTML model itself gains nothing from its own likelihoods.
6. Likelihoods are weighed by the confidence in the page as a whole, as the plugin does (`settle` of src/decide.rs).
7. Figures: word 4-gram precision and recall, averaged over pages, and their harmonic mean, for pages of sites that neither
   model nor teacher has seen ("unseen"), and for the model that is written ("fitted").

The seed is fixed; the same pages, versions and machine give the same weights.
"""
import argparse
import json
import re
import statistics
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from urllib.parse import urlparse

import cydifflib
import numpy as np
from catboost import CatBoost, Pool

ROOT = Path(__file__).resolve().parents[3]
FOLDS = 5
SEED = 1
# Columns that are also read of the lines above and below, and how far.
SHIFTED = {name: (-3, -2, -1, 1, 2, 3) for name in ("words", "end", "rules", "capitals", "prose")}
SHIFTED |= {name: (-1, 1) for name in ("start", "breaks", "digits", "letters", "word-length", "commas", "repeats")}
SHIFTED_IN_HTML = {name: (-2, -1, 1, 2) for name in ("kind", "link-share", "parent-lines")}
# Leaves are written in 1/1024 logit.
UNIT = 1024
# Sets of pages that are news and articles count double: that is what most pages will be. Of the set of all kinds of pages, those that
# are no articles count half for plain text, where little tells them apart: F1 of news and articles is 0.001 greater so.
GENERAL = "wcxb"
OTHERS = {"plain": 0.5, "html": 1}
COLUMNS = {"plain": 90, "html": 110}
# Whether pages of the general set that are no articles are left out as well where the folds' models score less than 0.5. In HTML
# the markup tells them apart, and they are what listings and collections are learnt from.
LEAVES_OUT_OTHERS = {"plain": True, "html": False}
# As in src/decide.rs.
KEPT = 0.45
CONFIDENCE = (750, 900)
NEEDED = (0.3, 0.55)
# Characters that an unlabelled page must have to be taken.
FEWEST = 800
# Lines less likely than this, by the label, too, are main text for no one; one of three of them is enough, with three times the weight.
UNLIKELY = 0.02
THIN = 3


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


def words(text):
    return re.findall(r"\w+", text)


def shingles(tokens):
    if not tokens:
        return Counter()
    if len(tokens) < 4:
        return Counter([tuple(tokens)])
    return Counter(zip(tokens, tokens[1:], tokens[2:], tokens[3:]))


def match(lines, others, values):
    """For each line, the values of the other lines that its words are found in, in order."""
    tokens = [w.lower() for line in lines for w in line]
    owner = [i for i, line in enumerate(lines) for _ in line]
    other_owner = [i for i, line in enumerate(others) for _ in line]
    found = [[] for _ in lines]
    matcher = cydifflib.SequenceMatcher(None, tokens, [w.lower() for line in others for w in line], autojunk=False)
    for at, to, size in matcher.get_matching_blocks():
        for k in range(size):
            found[owner[at + k]].append(values[other_owner[to + k]])
    return found


class Page:
    """A page: its lines with their features and, where it has a gold text, labels."""

    def __init__(self, page, name, lines, columns):
        self.set, self.type, self.site = name, page.get("page_type") or "-", site(page)
        self.lines, self.columns = [words(line) for line in lines], columns
        gold = words(page.get("gold_text") or "")
        self.gold = shingles(gold)
        matched = match(self.lines, [gold], np.ones(1))
        self.label = np.array([len(m) for m in matched]) / np.maximum([len(line) for line in self.lines], 1)
        self.weight = self.weights(len(gold))

    def weights(self, gold):
        """Of its lines, where the gold text has `gold` words."""
        counts = np.array([len(line) for line in self.lines])
        return np.sqrt(np.minimum(counts / max(30, gold), 0.5))

    def score(self, kept):
        """Precision (none where nothing is kept) and recall."""
        tokens = [w for line, keep in zip(self.lines, kept) if keep for w in line]
        found = shingles(tokens)
        common = sum((self.gold & found).values())
        return (common / sum(found.values()) if found else None), common / max(1, sum(self.gold.values()))


def read(mode, files):
    """Labelled and unlabelled pages with features, and the names of the features."""
    pages = [(page, Path(file).name.split(".")[0]) for file in files for page in rows(file)]
    labelled = {site(page) for page, _ in pages if page.get("gold_text")}

    def is_taken(page):
        return page.get("gold_text") or len(page.get("text") or "") >= FEWEST and site(page) not in labelled

    pages = [(page, name) for page, name in pages if is_taken(page)]
    command = ["cargo", "run", "--release", "-q", "-p", "clean", "--example", "features"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    html = mode == "html"
    lines = (
        {"id": p["id"], "text": p["html" if html else "text"], "media_type": "text/html" if html else "text/plain"}
        for p, _ in pages
    )
    out = process.communicate("".join(json.dumps(line) + "\n" for line in lines).encode())[0]
    if process.returncode:
        sys.exit("features could not be computed")
    end = out.index(b"\n")
    names, at = json.loads(out[:end]), end + 1
    plan = SHIFTED | SHIFTED_IN_HTML if html else SHIFTED
    done = []
    for page, name in pages:
        end = out.index(b"\n", at)
        head, at = json.loads(out[at:end]), end + 1
        assert head["id"] == page["id"]
        count = len(head["lines"])
        columns = np.frombuffer(out, np.uint8, count * len(names), at).reshape(len(names), count)
        at += columns.size
        done.append(Page(page, name, head["lines"], shifted(names, columns, plan)))
    names = names + [f"{name}@{shift}" for name, shifts in plan.items() for shift in shifts]
    return [page for page in done if page.gold], [page for page in done if not page.gold], names


def shifted(names, columns, plan):
    """The columns, then those of the lines above and below; zeros outside the page."""
    extra = []
    for name, shifts in plan.items():
        column = columns[names.index(name)]
        for shift in shifts:
            moved = np.zeros_like(column)
            if abs(shift) < len(column):
                moved[max(0, -shift):len(column) - max(0, shift)] = column[max(0, shift):len(column) + min(0, shift)]
            extra.append(moved)
    return np.vstack([columns, np.array(extra, np.uint8).reshape(len(extra), columns.shape[1])]).T


def fit(x, label, weight, trees):
    model = CatBoost({
        "loss_function": "CrossEntropy", "iterations": trees, "depth": 6, "learning_rate": 20 / trees, "l2_leaf_reg": 10,
        "rsm": 0.3, "random_seed": SEED, "border_count": 64, "boosting_type": "Plain", "bootstrap_type": "Bernoulli",
        "subsample": 0.8, "verbose": 0, "allow_writing_files": False, "thread_count": 2,
    })
    model.fit(Pool(x, label, weight=weight))
    return model


def likelihood(model, x):
    return 1 / (1 + np.exp(-model.predict(x)))


def settled(page, likelihoods):
    """The likelihoods of a page's lines, weighed by the confidence in the page: `settle` of src/decide.rs."""
    counts = np.array([len(line) for line in page.lines])
    kept = likelihoods > KEPT
    confidence = 1000 * (likelihoods * counts)[kept].sum() / max(1, counts[kept].sum())
    low, high = CONFIDENCE
    needed = NEEDED[0] + (NEEDED[1] - NEEDED[0]) * min(1, max(0, (confidence - low) / (high - low)))
    weighed = likelihoods * (KEPT / (1 - KEPT)) / (needed / (1 - needed))
    return weighed / (1 - likelihoods + weighed)


def table(pages, kept, title):
    """Prints a row for each set and each type of page of the general set; gives the mean F1 of the others."""
    groups = defaultdict(list)
    for page, keep in zip(pages, kept):
        groups[page.set].append(page.score(keep))
        if page.set == GENERAL:
            groups[f"{page.set}, {page.type}"].append(groups[page.set][-1])
        else:
            groups["all but the general"].append(groups[page.set][-1])
    print(f"\n| {title} | pages | precision | recall | F1 |\n| --- | --- | --- | --- | --- |")
    for name, scores in sorted(groups.items()):
        precision = statistics.mean([p for p, _ in scores if p is not None] or [0])
        recall = statistics.mean(r for _, r in scores)
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        print(f"| {name} | {len(scores)} | {precision:.4f} | {recall:.4f} | {f1:.4f} |")


def split(pages, flat):
    ends = np.cumsum([len(page.label) for page in pages])[:-1]
    return np.split(flat, ends)


def write(model, names, path, comment):
    model.save_model("/dev/shm/model.json" if Path("/dev/shm").is_dir() else "model.json", format="json")
    with open("/dev/shm/model.json" if Path("/dev/shm").is_dir() else "model.json", encoding="utf-8") as file:
        trained = json.load(file)
    scale, bias = trained["scale_and_bias"]
    lines = [f"# {line}".rstrip() for line in comment] + [f"bias {round(bias[0] * UNIT)}"]
    for tree in trained["oblivious_trees"]:
        questions = [f"{names[s['float_feature_index']]}>{int(np.floor(s['border']))}" for s in tree["splits"]]
        leaves = [str(round(leaf * scale * UNIT)) for leaf in tree["leaf_values"]]
        lines.append(f"{' '.join(questions)}: {' '.join(leaves)}")
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def counts(unlikely):
    """How many times each line counts where those that are `unlikely` are thinned."""
    return np.where(unlikely, np.where(np.arange(len(unlikely)) % THIN == 0, THIN, 0), 1)


class Model:
    """What is trained of one kind of pages: the labelled and unlabelled ones, side by side."""

    def __init__(self, mode, files, trees, cut):
        self.mode, self.trees, self.cut = mode, trees, cut
        self.pages, self.free, self.names = read(mode, files)
        self.x = np.concatenate([page.columns for page in self.pages])
        self.free_x = np.concatenate([page.columns for page in self.free])
        self.label = np.concatenate([page.label for page in self.pages])
        factor = {p: (2 if p.set != GENERAL else 1 if p.type == "article" else OTHERS[mode]) for p in self.pages}
        self.weight = np.concatenate([page.weight * factor[page] for page in self.pages])
        sites = sorted({page.site for page in self.pages})
        np.random.RandomState(SEED).shuffle(sites)
        number = {name: i % FOLDS for i, name in enumerate(sites)}
        self.fold = np.concatenate([np.full(len(page.label), number[page.site]) for page in self.pages])
        self.count = np.ones(len(self.label))
        self.usable, self.columns = np.full(len(self.label), True), np.arange(len(self.names))
        print(f"\n{mode}: {len(self.pages)} pages, {len(sites)} sites, {len(self.label)} lines, {len(self.names)} features; "
              f"{len(self.free)} pages without labels, {len(self.free_x)} lines", flush=True)

    def fit(self, fold, trees, labels=None):
        """Trains on all folds but one (-1: on all), and on the unlabelled pages, where there are labels for them."""
        rows = (self.fold != fold) & self.usable & (self.weight > 0) & (self.count > 0)
        x, label, weight = self.x[rows], self.label[rows], (self.weight * self.count)[rows]
        if labels is not None:
            more = np.concatenate([page.weights(np.nansum(q * [len(l) for l in page.lines])) for page, q in zip(self.free, labels)])
            labels = np.concatenate(labels)
            more = more * counts(labels < UNLIKELY)
            taken = (more > 0) & ~np.isnan(labels)
            x, label = np.concatenate([x, self.free_x[taken]]), np.concatenate([label, labels[taken]])
            weight = np.concatenate([weight, more[taken]])
        return fit(x[:, self.columns], label, weight, trees)

    def unseen(self, trees, labels=None):
        """Likelihoods of the lines of each fold by the model of the others; and the models."""
        found, models = np.zeros(len(self.label)), []
        for fold in range(FOLDS):
            models.append(self.fit(fold, trees, labels and labels[fold]))
            rows = self.fold == fold
            found[rows] = likelihood(models[-1], self.x[rows][:, self.columns])
        return found, models

    def settled(self, found):
        return np.concatenate([settled(page, of_page) for page, of_page in zip(self.pages, split(self.pages, found))])

    def leave_out_doubtful(self):
        found, _ = self.unseen(self.trees // 2)
        doubtful = []
        for page, keep in zip(self.pages, split(self.pages, found > self.cut)):
            precision, recall = page.score(keep)
            is_bad = not precision or 2 * precision * recall < 0.5 * (precision + recall)
            is_other = page.set == GENERAL and page.type != "article"
            doubtful.append(is_bad and (LEAVES_OUT_OTHERS[self.mode] or not is_other))
        self.usable = np.concatenate([np.full(len(p.label), not bad) for p, bad in zip(self.pages, doubtful)])
        self.left_out = sum(doubtful)
        self.count = counts((found < UNLIKELY) & (self.label < UNLIKELY))

    def choose_columns(self):
        importance = self.fit(-1, self.trees // 2).get_feature_importance()
        self.columns = np.sort(np.argsort(-importance, kind="stable")[:COLUMNS[self.mode]])

    def finish(self, out, labels=None):
        """Trains, prints the figures, writes the model; gives the likelihoods of the lines of unlabelled pages, by the model that has
        not seen each fold, then by that of all folds."""
        found, models = self.unseen(self.trees, labels)
        found = self.settled(found)
        table(self.pages, split(self.pages, self.label >= 0.6), f"{self.mode}: lines that are gold")
        table(self.pages, split(self.pages, found > self.cut), f"{self.mode}: unseen sites")
        for cut in (0.35, 0.4, 0.45, 0.5, 0.55, 0.6):
            kept = zip(self.pages, split(self.pages, found > cut))
            scores = [p.score(k) for p, k in kept if p.set != GENERAL or p.type == "article"]
            precision, recall = statistics.mean(p for p, _ in scores if p is not None), statistics.mean(r for _, r in scores)
            f1 = 2 * precision * recall / (precision + recall)
            print(f"cut {cut}: news and articles, F1 {f1:.4f} ({precision:.4f}, {recall:.4f})")
        model = self.fit(-1, self.trees, labels and labels[-1])
        fitted = self.settled(likelihood(model, self.x[:, self.columns]))
        table(self.pages, split(self.pages, fitted > self.cut), f"{self.mode}: fitted")
        comment = [
            f"Weights of the model for {self.mode} pages: written by train/train.py, not by hand. See src/model/forest.rs for the form.",
            f"{len(self.pages)} pages of {len({p.site for p in self.pages})} sites, {self.left_out} of them left out, and "
            f"{len(self.free) if labels else 0} pages without labels; seed {SEED}, {self.trees} trees, {len(self.columns)} features.",
        ]
        write(model, [self.names[c] for c in self.columns], Path(out) / f"{self.mode}.txt", comment)
        return [split(self.free, likelihood(model, self.free_x[:, self.columns])) for model in [*models, model]]


def handed_over(html, plain, labels):
    """Labels of HTML lines as labels of the plain text's lines; none where fewer than half of a line's words are found."""
    def of_page(page, other, values):
        found = match(page.lines, other.lines, values)
        return np.array([np.mean(f) if f and 2 * len(f) >= len(l) else np.nan for f, l in zip(found, page.lines)])

    return [[of_page(*three) for three in zip(plain, html, of_fold)] for of_fold in labels]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="+")
    parser.add_argument("--out", required=True, help="the folder of plain.txt and html.txt")
    parser.add_argument("--trees", type=int, default=200)
    parser.add_argument("--cut", type=float, default=0.45, help="lines above it are kept")
    a = parser.parse_args()
    html, plain = (Model(mode, a.pages, a.trees, a.cut) for mode in ("html", "plain"))
    for model in (html, plain):
        model.leave_out_doubtful()
        model.choose_columns()
    labels = html.finish(a.out)
    plain.finish(a.out, handed_over(html.free, plain.free, labels))


if __name__ == "__main__":
    main()
