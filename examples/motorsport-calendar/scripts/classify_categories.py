#!/usr/bin/env python3
"""Which championship (or session) is an event of? Asked of its title and place alone, answered by labelled examples.

    scripts/classify_categories.py [MODEL_FOLDER ...] [--label championship|session] [--folds 5]

Race weekends are dealt into folds; the events of a fold are classified by the other folds' events, so that no event is
judged by its own translation. "nearest": the 5 nearest examples vote with their cosine. "centroid": the nearest mean of a
category's vectors. Needs the package vetor.
"""

from __future__ import annotations

import argparse
import collections
import tempfile
import zlib
from typing import Any, Dict, List, Tuple

import numpy as np
import vetor
from calendar_events import DATA, EmbeddingsService, Event, open_services, read_events
from numpy.typing import NDArray

NEIGHBOURS = 5
Vectors = NDArray[np.float32]


def text_of(event: Event) -> str:
    """What the classifier reads."""
    return f"{event['name']}, {event['location']}" if event["location"] else str(event["name"])


def fold_of(event: Event, folds: int) -> int:
    """All events of a weekend are in one fold, the same in every run."""
    return zlib.crc32(event["weekend"].encode()) % folds


def by_nearest(queries: Vectors, examples: Vectors, labels: List[str]) -> List[str]:
    """The label for which the nearest examples have the most cosine together."""
    hits = vetor.search(queries, examples, top=min(NEIGHBOURS, len(labels)))
    answers = []
    for rows, scores in zip(hits.rows, hits.scores):
        votes: Dict[str, float] = collections.defaultdict(float)
        for row, score in zip(rows, scores):
            votes[labels[row]] += max(0.0, float(score)) + 1e-6
        answers.append(max(votes, key=lambda label: votes[label]))
    return answers


def by_centroid(queries: Vectors, examples: Vectors, labels: List[str]) -> List[str]:
    """The label whose examples have the nearest mean."""
    names = sorted(set(labels))
    rows = np.array([names.index(label) for label in labels])
    centroids = np.stack([examples[rows == i].mean(axis=0) for i in range(len(names))])
    centroids /= np.maximum(np.linalg.norm(centroids, axis=1, keepdims=True), 1e-12)
    hits = vetor.search(queries, centroids, top=1)
    return [names[row] for row in hits.rows[:, 0]]


def accuracies(service: EmbeddingsService, events: List[Event], label: str, folds: int) -> Tuple[float, float, float]:
    """Shares classified right: the most frequent category always, by centroid, by nearest."""
    vectors = np.asarray(service.embed_texts([text_of(event) for event in events]), dtype=np.float32)
    labels = np.array([event[label] for event in events])
    fold = np.array([fold_of(event, folds) for event in events])
    right = np.zeros(3)
    for number in range(folds):
        held, known = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        if not len(held) or not len(known):
            continue
        examples = labels[known].tolist()
        frequent = collections.Counter(examples).most_common(1)[0][0]
        answers = [[frequent] * len(held), by_centroid(vectors[held], vectors[known], examples),
                   by_nearest(vectors[held], vectors[known], examples)]
        right += [sum(said == truth for said, truth in zip(answer, labels[held])) for answer in answers]
    frequent_share, centroid, nearest = right / len(events)
    return float(frequent_share), float(centroid), float(nearest)


def report(events: List[Event], options: argparse.Namespace) -> List[str]:
    """All lines."""
    categories = len({event[options.label] for event in events})
    lines = [f"{options.label} of {len(events):,} events, {categories} categories, left out by race weekend in "
             f"{options.folds} folds", "", f"  {'accuracy':<40} {'centroid':>9} {'nearest':>9}"]
    for name, service in open_services(options.models, options.cache):
        frequent, centroid, nearest = accuracies(service, events, options.label, options.folds)
        if name == "hashing":
            lines.append(f"  {'the most frequent, always':<40} {frequent:9.3f} {frequent:9.3f}")
        lines.append(f"  {name:<40} {centroid:9.3f} {nearest:9.3f}")
    return lines


def main(arguments: "List[str] | None" = None) -> Any:
    """Prints the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL_FOLDER")
    parser.add_argument("--label", choices=("championship", "session"), default="championship")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each N-th race weekend")
    parser.add_argument("--data", default=DATA)
    parser.add_argument("--cache", default=None, help="folder of the vectors' cache; default: a temporary one")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        options.cache = options.cache or folder
        print("\n".join(report(read_events(options.data, options.every), options)))


if __name__ == "__main__":
    main()
