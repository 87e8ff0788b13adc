"""How many pairs of near-duplicates are found, and how many of the found pairs are near-duplicates."""

from pathlib import Path

from ..corpus import documents
from ..report import Failed, Row
from .groups import score, true_groups
from .subjects import Near, plain, subjects

ITEM = "quality"


def measure(near: Near, options) -> list[Row]:
    if not options.pairs.is_file():
        raise Failed(f"there is no file `{options.pairs}`")
    name = options.documents.name.split(".")[0]
    source = near.mill.work / "near" / f"{name}.jsonl"
    number, _ = plain(documents(options.documents), source)
    run, rows = subjects(near, options.peers, ITEM)
    for threshold in options.threshold:
        true = true_groups(options.pairs, threshold)
        on = f"{name}, {number} documents, Jaccard {threshold:g}"
        for label, subject in run.items():
            try:
                found = score(subject(source, threshold).groups, true)
            except Failed as failed:
                rows.append(Row(ITEM, on, label, str(failed), "a score", False))
                continue
            pairs = f"{found.found_pairs} pairs for {found.true_pairs}"
            figure = f"F1 {found.f1:.4f}, precision {found.precision:.4f}, recall {found.recall:.4f}; {pairs}"
            rows.append(Row(ITEM, on, label, figure))
    source.unlink()
    return rows


def arguments(add) -> None:
    add("documents", type=Path, metavar="DOCUMENTS", help="labelled documents: .jsonl or .jsonl.zst")
    add("--pairs", type=Path, required=True, metavar="FILE", help="pairs of ids with their similarity, .tsv")
    add("--threshold", type=float, nargs="+", default=[0.8], metavar="N", help="similarity of a pair (0.8)")
