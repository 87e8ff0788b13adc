"""Any number of short documents, made from sentences of corpora, with some twins. Reproducible by seed."""

import hashlib
import json
import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..corpus import documents, room
from ..report import Failed, say

# Maximum number of sentences, and their length in characters: two or three make a document.
SENTENCES = 1_000_000
LEAST, MOST = 30, 120
# Minimum length of a document in characters and words: one changed word leaves nine tenths of its 5-grams.
BYTES, WORDS = 180, 24
# One in `TWINS` documents is a twin, alternately exact and near, of one of `MODELS` earlier documents.
TWINS, MODELS = 25, 10_000


def scaled(corpora: list[Path], work: Path, number: int, seed: int) -> Path:
    """A file of `number` documents. The id of a twin tells its kind: `17~exact`, `18~near`."""
    stats = [path.stat() for path in corpora if path.is_file()]
    if len(stats) < len(corpora):
        raise Failed(f"there is no file `{next(path for path in corpora if not path.is_file())}`")
    made_of = " ".join(f"{path.resolve()} {s.st_size} {s.st_mtime_ns}" for path, s in zip(corpora, stats))
    stamp = hashlib.sha256(f"{made_of} {seed}".encode()).hexdigest()[:8]
    path = work / "corpora" / f"short-{stamp}-{number}.jsonl"
    if path.is_file():
        return path
    # Room for the documents, the output, and spilled data.
    room(path.parent, number * 300 * 4)
    say(f"making {path.name}")
    partial = path.with_suffix(".partial")
    pieces = list(_first(SENTENCES, _sentences(corpora)))
    if not pieces:
        raise Failed(f"no sentence of {LEAST} to {MOST} characters in `{corpora[0]}`")
    with open(partial, "w", encoding="utf-8") as out:
        for name, text in _documents(pieces, number, random.Random(seed)):
            out.write(f'{{"id": "{name}", "text": {json.dumps(text, ensure_ascii=False)}}}\n')
    partial.rename(path)
    return path


def _documents(pieces: list[str], number: int, chance: random.Random) -> Iterator[tuple[str, str]]:
    models: list[str] = []
    for at in range(number):
        if at % TWINS == TWINS - 1:
            model = models[int(chance.random() * len(models))]
            if at // TWINS % 2:
                yield f"{at}~exact", model
            else:
                yield f"{at}~near", f"Otherwise{at} {model.split(' ', 1)[1]}"
            continue
        text = pieces[int(chance.random() * len(pieces))]
        while len(text) < BYTES or text.count(" ") + 1 < WORDS:
            text = f"{text} {pieces[int(chance.random() * len(pieces))]}"
        yield str(at), text
        if len(models) < MODELS:
            models.append(text)
        elif chance.random() < 0.05:
            models[int(chance.random() * MODELS)] = text


def _sentences(corpora: list[Path]) -> Iterator[str]:
    """Each sentence once, since menus and the like repeat."""
    seen = set()
    for corpus in corpora:
        for document in documents(corpus):
            for sentence in re.split(r"\n|(?<=[.!?]) ", document["text"]):
                sentence = " ".join(sentence.split())
                if LEAST <= len(sentence) <= MOST and sentence not in seen and _wordy(sentence):
                    seen.add(sentence)
                    yield sentence


def _wordy(sentence: str) -> bool:
    """Whether white space separates words: not symbols, and not a script written without spaces."""
    parts = sentence.split(" ")
    return len(sentence) < 15 * len(parts) and all(any(map(str.isalnum, part)) for part in parts)


def _first(number: int, items: Iterable[str]) -> Iterator[str]:
    yield from (item for item, _ in zip(items, range(number)))
