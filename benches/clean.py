#!/usr/bin/env python3
"""How well and how fast `clean` finds the main text of pages, compared with trafilatura, and the cost of
hostile and large pages.

    python3 benches/clean.py PAGES.jsonl[.zst]... [--web web.jsonl[.zst]] [--no-peer]

PAGES are JSON Lines files of labelled pages: `id`, `text` (all visible text, one line per block), `html`,
`gold_text`, optionally `page_type`. Scores are F1, the harmonic mean of word 4-gram precision and recall
averaged over pages. The weights that ship were trained on such pages; figures for sites that the model has
not seen come from `plugins/clean/train/train.py`.

Speed is that of cleaning alone, on one core, in megabytes of input (`plugins/clean/examples/speed.rs`); that
of trafilatura is that of `extract`, by processor time. Trafilatura runs in a virtual environment under
`target/bench`. Memory is the peak of cleaning one page, including the page and its text
(`plugins/clean/examples/memory.rs`, Linux).
"""
import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import venv
from collections import Counter, defaultdict
from pathlib import Path

from harness.corpus import documents

ROOT = Path(__file__).resolve().parents[1]
PEER = """
import json, sys, time
import trafilatura
seconds = characters = 0
for line in sys.stdin:
    page = json.loads(line)
    start = time.process_time()
    try:
        text = trafilatura.extract(page["text"], include_comments=False) or ""
    except Exception:
        text = ""
    seconds += time.process_time() - start
    characters += len(page["text"].encode())
    print(json.dumps({"id": page["id"], "text": text}))
print(f"{characters / 1e6 / seconds:.1f} MB/s", file=sys.stderr)
"""


def shingles(text):
    words = re.findall(r"\w+", text or "")
    if not words:
        return Counter()
    return Counter([tuple(words)]) if len(words) < 4 else Counter(zip(words, words[1:], words[2:], words[3:]))


def scores(pages, found):
    """F1 of each set of pages and, if its pages have types, of each type in it."""
    groups = defaultdict(list)
    for name, page in pages:
        gold, have = shingles(page["gold_text"]), shingles(found.get(page["id"], ""))
        common = sum((gold & have).values())
        score = (common / sum(have.values()) if have else None, common / max(1, sum(gold.values())))
        groups[name].append(score)
        if page.get("page_type"):
            groups[f"{name}, {page['page_type']}"].append(score)
    out = {}
    for name, group in groups.items():
        precision = statistics.mean([p for p, _ in group if p is not None] or [0])
        recall = statistics.mean(r for _, r in group)
        out[name] = (len(group), 2 * precision * recall / max(1e-9, precision + recall))
    return out


def milled(lines, folder):
    source, run = folder / "pages.jsonl", folder / "run"
    source.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    command = [ROOT / "target/release/textmill", "-q", "run", ROOT / "config/clean.toml", "--input", source, "--output", run, "--restart"]
    subprocess.run(command, check=True)
    return {row["id"]: row["text"] for row in documents(run / "documents.jsonl")}


def speed(lines, rounds=5):
    given = "".join(json.dumps(line) + "\n" for line in lines).encode()
    command = [ROOT / "target/release/examples/speed", str(rounds)]
    return subprocess.run(command, input=given, check=True, stdout=subprocess.PIPE).stdout.decode().strip()


def memory(text, kind):
    command = [ROOT / "target/release/examples/memory", kind]
    return float(subprocess.run(command, input=text.encode(), check=True, stdout=subprocess.PIPE).stdout.split()[0])


def peer(lines):
    home = ROOT / "target/bench/trafilatura"
    python = home / "bin/python"
    if not python.exists():
        venv.create(home, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", ROOT / "benches/trafilatura-requirements.txt"], check=True)
    given = "".join(json.dumps(line) + "\n" for line in lines).encode()
    done = subprocess.run([python, "-c", PEER], input=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
    found = {row["id"]: row["text"] for row in map(json.loads, done.stdout.decode().splitlines())}
    return found, done.stderr.decode().strip().splitlines()[-1]


HOSTILE = {
    "a line of 10 MB": ("word " * 2_000_000, "text/plain"),
    "a line of 10 MB without a space": ("x" * 10_000_000, "text/plain"),
    "1,000,000 short lines": ("ab\n" * 1_000_000, "text/plain"),
    "1 MB of combining marks": ("e" + "\u0301" * 500_000, "text/plain"),
    "100,000 nested tags": ("<html>" + "<div>" * 100_000 + "x" + "</div>" * 100_000, "text/html"),
    "3,000,000 nested inline tags": ("<html>" + "<b>" * 3_000_000 + "x", "text/html"),
    "100,000 wrong end tags": ("<html>" + "<b><p>" * 50_000 + "x</i></span>" * 100_000, "text/html"),
    "1,000,000 references": ("<html>" + "&amp;" * 1_000_000, "text/html"),
    "an attribute of 10 MB": ("<html><p class='" + "nav " * 2_500_000 + "'>x", "text/html"),
    "a table of 200,000 cells": ("<html><table>" + "<tr><td>a<td>b" * 100_000, "text/html"),
}

SENTENCE = "The ferry across the lower harbour began running again on Tuesday, after a winter of planing. "


def paragraphs(megabytes):
    """HTML with one tag per 500 bytes, as in articles."""
    return "<html><body><article>" + "".join(f"<p>{n} {SENTENCE * 5}</p>\n" for n in range(megabytes * 2000))


def blocks(megabytes):
    """HTML with one tag per 20 bytes, as in menus."""
    return "<html><body><ul>" + "".join(f"<li><a href='/{n}'>Boat {n} &amp; crew</a></li>\n" for n in range(megabytes * 20_000))


LARGE = {f"{name.__name__}, {megabytes} MB": (name(megabytes), "text/html") for name in (paragraphs, blocks) for megabytes in (10, 50)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*")
    parser.add_argument("--web", help="pages as text, with `id` and `text`, for measuring speed")
    parser.add_argument("--no-peer", action="store_true", help="leave out trafilatura")
    a = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "-q"], cwd=ROOT, check=True)
    subprocess.run(["cargo", "build", "--release", "-q", "-p", "clean", "--examples"], cwd=ROOT, check=True)
    pages = [(Path(file).name.split(".")[0], page) for file in a.pages for page in documents(Path(file)) if page.get("gold_text")]
    html = [{"id": p["id"], "text": p["html"], "media_type": "text/html"} for _, p in pages]
    plain = [{"id": p["id"], "text": p["text"]} for _, p in pages]
    if pages:
        with tempfile.TemporaryDirectory() as folder:
            columns = {"text": scores(pages, milled(plain, Path(folder))), "HTML": scores(pages, milled(html, Path(folder)))}
        rates = {"text": speed(plain), "HTML": speed(html)}
        if not a.no_peer:
            found, rates["trafilatura"] = peer(html)
            columns["trafilatura"] = scores(pages, found)
        print("| pages | number | " + " | ".join(columns) + " |\n| --- | --- |" + " --- |" * len(columns))
        for name, (number, _) in columns["text"].items():
            print(f"| {name} | {number} | " + " | ".join(f"{column[name][1]:.4f}" for column in columns.values()) + " |")
        for name, rate in rates.items():
            print(f"{name}: {rate}")
    if a.web:
        print("web:", speed(list(documents(Path(a.web)))))
    print("\n| hostile or large page | MB | seconds | memory, MB |\n| --- | --- | --- | --- |")
    for name, (text, kind) in (HOSTILE | LARGE).items():
        rate = float(speed([{"id": "x", "text": text, "media_type": kind}], rounds=1).split()[0])
        size = len(text.encode()) / 1e6
        print(f"| {name} | {size:.1f} | {size / max(rate, 0.01):.2f} | {memory(text, kind):.0f} |")


if __name__ == "__main__":
    sys.exit(main())
