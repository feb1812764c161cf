#!/usr/bin/env python3
"""Writes events.jsonl: the rows of the labelled calendar whose licence allows redistribution.

Usage: build_data.py EVENTS.jsonl[.gz] [OUT.jsonl]      (default: events.jsonl beside this file)

EVENTS is the full calendar, gathered from five public sources (SOURCE.md lists them, with commits).
Kept: sportstimes and diogorsousa (MIT), f1db (CC BY 4.0). Dropped: sources whose upstream is unclear.
An unknown source is an error, so that nothing slips in by default.
"""
import gzip
import json
import pathlib
import sys

LICENCE = {"sportstimes": "MIT", "diogorsousa": "MIT", "f1db": "CC BY 4.0"}
UNCLEAR = {"roni-altshuler", "naviss29"}
FIELDS = ["id", "championship", "season", "name", "session", "kind", "date", "location", "language",
          "weekend", "group"]
# The sessions that a Grand Prix, a main race or a feature race is called: one or two a weekend.
RACE_SESSIONS = {"race", "feature"}


def keep(row):
    """Whether a row's source may be redistributed; ValueError for a source nobody has judged."""
    source = row["source"].split("/")[0]
    if source in LICENCE:
        return True
    if source in UNCLEAR:
        return False
    raise ValueError(f"row {row['id']}: source {source!r} is neither allowed nor refused here")


def reduce(row):
    """The fields that the examples use, with `kind`: "race" or "other"."""
    row = dict(row, kind="race" if row["session"] in RACE_SESSIONS else "other")
    return {field: row[field] for field in FIELDS}


def main(arguments):
    if len(arguments) not in (1, 2):
        sys.exit(__doc__.strip())
    out = pathlib.Path(arguments[1] if len(arguments) == 2
                       else pathlib.Path(__file__).with_name("events.jsonl"))
    opener = gzip.open if arguments[0].endswith(".gz") else open
    try:
        with opener(arguments[0], "rt", encoding="utf-8") as lines:
            rows = [reduce(row) for row in map(json.loads, lines) if keep(row)]
    except (OSError, ValueError) as error:
        sys.exit(f"build_data.py: {error}")
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    out.write_text(text, encoding="utf-8")
    print(f"{out}: {len(rows)} rows, {len(text.encode()) / 1e6:.1f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
