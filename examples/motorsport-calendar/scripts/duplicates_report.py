#!/usr/bin/env python3
"""Which events of the calendar are the same session, seen by two sources or in two languages?

    scripts/duplicates_report.py [MODEL_FOLDER ...] [--prompt-name query] [--threshold 0.85] [--every 1]

A pair of events of one day scores 0.5 x fuzzy ratio of the names + 0.5 x mean of the cosines of names and places. The guards
say no whatever the score: starts more than 60 minutes apart (where both have a time), or places that are spelled too
differently. The labels are `group` of data/events.jsonl. Needs the package vetor.
"""

from __future__ import annotations

import argparse
import difflib
import functools
import itertools
import tempfile
import time
from datetime import datetime
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np
import vetor
from calendar_events import DATA, EmbeddingsService, Event, open_services, read_ai_settings, read_events

MAX_MINUTES_APART = 60
MIN_PLACE_RATIO = 0.4


class Candidate(NamedTuple):
    """Two events of one day."""

    first: Event
    second: Event
    fuzzy: float
    """Of the names, 0 to 1."""
    guarded: bool
    """Whether time and place allow them to be one."""

    @property
    def same(self) -> bool:
        """The label."""
        return bool(self.first["group"] == self.second["group"])


class Quality(NamedTuple):
    """How often "the same" is right, and how many of the same are found."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@functools.lru_cache(maxsize=None)
def fuzzy_ratio(first: str, second: str) -> float:
    """Share of matching letters, in any case, 0 to 1."""
    return difflib.SequenceMatcher(None, first.casefold(), second.casefold(), autojunk=False).ratio()


def within_guards(first: Event, second: Event) -> bool:
    """Whether start times and places allow the two to be one session."""
    starts = [first["date"], second["date"]]
    if all("T" in start for start in starts):
        apart = [datetime.fromisoformat(start.replace("Z", "+00:00")) for start in starts]
        if abs((apart[0] - apart[1]).total_seconds()) > 60 * MAX_MINUTES_APART:
            return False
    places = sorted([first["location"] or "", second["location"] or ""])
    return not all(places) or fuzzy_ratio(*places) >= MIN_PLACE_RATIO


def find_candidates(events: List[Event]) -> List[Candidate]:
    """All pairs of one day."""
    days: Dict[str, List[Event]] = {}
    for event in events:
        days.setdefault(event["date"][:10], []).append(event)
    return [Candidate(a, b, fuzzy_ratio(a["name"], b["name"]), within_guards(a, b))
            for day in days.values() for a, b in itertools.combinations(day, 2)]


def mean_cosine(service: EmbeddingsService, pair: Candidate) -> float:
    """Of names and places. As the calendar does it: once a pair, and nearly always from the cache."""
    name1, name2, place1, place2 = service.embed_texts(
        [pair.first["name"], pair.second["name"], pair.first["location"], pair.second["location"]])
    return 0.5 * float(np.dot(name1, name2)) + 0.5 * float(np.dot(place1, place2))


def measure(said: Sequence[bool], same: Sequence[bool]) -> Quality:
    """Precision and recall of what was said."""
    right = sum(a and b for a, b in zip(said, same))
    return Quality(right / max(1, sum(said)), right / max(1, sum(same)))


def best_threshold(scores: Sequence[float], pairs: List[Candidate]) -> Tuple[float, Quality]:
    """The threshold of the best F1 behind the guards."""
    same = [pair.same for pair in pairs]

    def at(threshold: float) -> Quality:
        return measure([pair.guarded and score >= threshold for pair, score in zip(pairs, scores)], same)

    threshold = max((step / 100 for step in range(20, 100, 2)), key=lambda t: at(t).f1)
    return threshold, at(threshold)


def link_accuracy(service: EmbeddingsService, events: List[Event]) -> float:
    """Share of race titles in other languages whose nearest English title of the season is of the same weekend."""
    races = [event for event in events if event["kind"] == "race"]
    english = [event for event in races if event["language"] == "en"]
    others = [event for event in races if event["language"] != "en"]
    seasons = [[(event["championship"], event["season"]) for event in side] for side in (others, english)]
    vectors = [np.asarray(service.embed_texts([event["name"] for event in side]), dtype=np.float32)
               for side in (others, english)]
    hits = vetor.search(vectors[0], vectors[1], top=1, queries_same=seasons[0], corpus_same=seasons[1])
    right = [hit >= 0 and english[hit]["weekend"] == other["weekend"] for hit, other in zip(hits.rows[:, 0], others)]
    return float(sum(right)) / max(1, len(right))


def describe(name: str, quality: Quality, extra: str = "") -> str:
    """A line of the table."""
    return f"  {name:<44} {quality.precision:9.3f} {quality.recall:7.3f} {quality.f1:6.3f}{extra}"


def report_service(name: str, service: EmbeddingsService, pairs: List[Candidate], threshold: float) -> List[str]:
    """The lines of one backend."""
    same = [pair.same for pair in pairs]
    start = time.perf_counter()
    cosines = [mean_cosine(service, pair) for pair in pairs]
    micros = (time.perf_counter() - start) / len(pairs) * 1e6
    scores = [0.5 * pair.fuzzy + 0.5 * cosine for pair, cosine in zip(pairs, cosines)]
    reached = [score >= threshold for score in scores]
    best, quality = best_threshold(scores, pairs)
    best_cosine, cosine_quality = best_threshold(cosines, pairs)
    return [describe(f"{name}, score >= {threshold}", measure(reached, same)),
            describe(f"{name}, guards and score >= {threshold}",
                     measure([a and pair.guarded for a, pair in zip(reached, pairs)], same)),
            describe(f"{name}, guards and score >= {best:.2f} (best F1)", quality),
            describe(f"{name}, guards and cosine >= {best_cosine:.2f} (best F1)", cosine_quality,
                     f"  {micros:.1f} us a pair")]


def report(events: List[Event], options: argparse.Namespace) -> List[str]:
    """All lines."""
    pairs = find_candidates(events)
    same = [pair.same for pair in pairs]
    lines = [f"{len(events):,} events, {len(pairs):,} pairs of one day, {sum(same):,} of them the same session", "",
             f"  {'':<44} {'precision':>9} {'recall':>7} {'F1':>6}", describe("any pair of one day", measure([True] * len(pairs), same)),
             describe("guards alone (time and place)", measure([pair.guarded for pair in pairs], same))]
    links = []
    for name, service in open_services(options.models, options.cache, options.prompt_name):
        # All at once first, as the calendar does; the pairs are then answered from the cache.
        service.embed_texts(list({event[field] for event in events for field in ("name", "location")}))
        lines += report_service(name, service, pairs, options.threshold)
        links.append(f"  {link_accuracy(service, events):.2f}  {name}")
    return [*lines, "", "Race titles in other languages linked to the right weekend by the nearest English title:", *links]


def main(arguments: "List[str] | None" = None) -> Any:
    """Prints the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL_FOLDER")
    parser.add_argument("--prompt-name", help="the models' prompt before every text, by name: query for the E5 models")
    parser.add_argument("--threshold", type=float, default=read_ai_settings()["thresholds"]["dedup"])
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each N-th race weekend")
    parser.add_argument("--data", default=DATA)
    parser.add_argument("--cache", default=None, help="folder of the vectors' cache; default: a temporary one")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        options.cache = options.cache or folder
        print("\n".join(report(read_events(options.data, options.every), options)))


if __name__ == "__main__":
    main()
