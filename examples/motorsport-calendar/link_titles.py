#!/usr/bin/env python3
"""Links every non-English race title to the race it means, and says how often that is right.

Usage: link_titles.py [VETOR [MODEL]] [--prompt-name NAME] [--data EVENTS.jsonl] [--cache FOLDER]
       VETOR  the command (default: build/vetor of this checkout)
       MODEL  a model folder (default: models/all-MiniLM-L6-v2 of this checkout)

The linking itself is one `vetor search`: each title meets the English titles of its championship and
season, and the best of them is its link. The link is right if both titles belong to the same race
weekend; no title or date is looked at for that, only the label. README.md has the protocol.
"""
import argparse
import collections
import json
import pathlib
import subprocess
import sys
import tempfile
import typing
import unicodedata

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(__file__).resolve().parent / "data" / "events.jsonl"
NAME = "link_titles.py"

# The languages whose links are shown, in this order, until there are LINKS_SHOWN. No right-to-left
# script: terminals disagree about where its columns are.
LANGUAGES = ["pt", "es", "de", "ru", "tr", "ja", "fr", "pl", "el", "fi", "it", "zh", "cs", "hu"]
LINKS_SHOWN = 12
TITLE, LINKED = 40, 38  # terminal columns

Link = collections.namedtuple("Link", "query hit score right")


class Failure(Exception):
    """What goes wrong outside this script; the message is one line for the user."""


# ---------------------------------------------------------------- the protocol


def read_races(path):
    """The race rows of the calendar, in file order."""
    try:
        with open(path, encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines if line.strip()]
    except OSError as error:
        raise Failure(f"cannot read the calendar {path}: {error.strerror}") from error
    except ValueError as error:
        raise Failure(f"{path} is not JSON, one object a line: {error}") from error
    return [row for row in rows if row["kind"] == "race"]


def make_links(races, results):
    """A Link for each query, from the command's lines {"query": id, "hits": [{"id", "score"}, ...]}."""
    by_id = {row["id"]: row for row in races}
    links = []
    for result in results:
        query = by_id[result["query"]]
        best = result["hits"][0] if result["hits"] else None
        hit = by_id[best["id"]] if best else None
        links.append(Link(query, hit, best["score"] if best else 0.0,
                          hit is not None and hit["weekend"] == query["weekend"]))
    return links


def share_right(links):
    return sum(link.right for link in links) / len(links) if links else 0.0


def share_by_chance(races):
    """What picking any English title of the championship and season would get."""
    english = collections.defaultdict(collections.Counter)
    queries = []
    for row in races:
        if row["language"] == "en":
            english[row["championship"], row["season"]][row["weekend"]] += 1
        else:
            queries.append(row)
    chances = []
    for row in queries:
        weekends = english[row["championship"], row["season"]]
        chances.append(weekends[row["weekend"]] / max(1, sum(weekends.values())))
    return sum(chances) / len(chances) if chances else 0.0


def shares_by_language(links):
    """(share, language), best first."""
    groups = collections.defaultdict(list)
    for link in links:
        groups[link.query["language"]].append(link)
    return sorted(((share_right(group), language) for language, group in groups.items()),
                  key=lambda entry: (-entry[0], entry[1]))


# ---------------------------------------------------------------- which links to show


def words(title):
    """Words of a title in lower case, without years and other numbers."""
    cleaned = "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in title)
    return {word for word in cleaned.casefold().split() if not word.isdigit()}


def overlap(a, b):
    """The share of words that two titles have in common, 0 to 1."""
    a, b = words(a), words(b)
    return len(a & b) / len(a | b) if a | b else 0.0


def meant_title(races, query):
    """The shortest English title of the race that a query means, or None."""
    titles = [row["name"] for row in races
              if row["language"] == "en" and row["weekend"] == query["weekend"]]
    return min(titles, key=len, default=None)


def pick_links(links, races, languages=tuple(LANGUAGES), limit=LINKS_SHOWN):
    """One right and one wrong link per language, in the order of `languages`.

    Right: the fewest words in common, so that the link is not mere spelling. Wrong: the most
    certain. Titles that fit their column come first, and weekends that were not shown yet. Wrong
    links to a title that reads like the one meant (two races of one name in a season) are left out:
    no model can tell them apart.
    """
    picked = []
    seen = set()

    def rank(link):
        cut = display_width(link.query["name"]) > TITLE or display_width(link.hit["name"]) > LINKED
        common = overlap(link.query["name"], link.hit["name"]) if link.right else 0
        return cut, link.query["weekend"] in seen, common, -link.score, link.query["id"]

    for language in languages:
        for right in (True, False):
            candidates = [link for link in links if link.hit is not None
                          and link.query["language"] == language and link.right == right
                          and (right or link.hit["name"] != meant_title(races, link.query))]
            if candidates and len(picked) < limit:
                best = min(candidates, key=rank)
                seen.add(best.query["weekend"])
                picked.append(best)
    return picked


# ---------------------------------------------------------------- the report


def display_width(text):
    """Terminal columns of a text: East Asian wide characters take two, combining marks none."""
    return sum(0 if unicodedata.category(c) in ("Mn", "Me", "Cf")
               else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def fit(text, width):
    """The text cut with an ellipsis, or padded, to exactly `width` columns."""
    if display_width(text) > width:
        while display_width(text) > width - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (width - display_width(text))


def link_lines(picked, races):
    """The table of links; a wrong one has a second line with the title that was meant."""
    def line(language, verdict, score, title, linked):
        return "  " + " ".join([fit(language, 5), fit(verdict, 5), fit(score, 5), fit(title, TITLE),
                                fit(linked, LINKED)]).rstrip()

    lines = [line("lang", "link", "score", "title", "linked to")]
    for link in picked:
        lines.append(line(link.query["language"], "right" if link.right else "WRONG",
                          f"{link.score:.3f}", link.query["name"], link.hit["name"]))
        if not link.right:
            lines.append(line("", "", "", "it means".rjust(TITLE), meant_title(races, link.query)))
    return lines


def number(value):
    return "unknown" if value is None else f"{value:,.0f}"


def run_lines(stats):
    """What ran, from the command's --stats."""
    rows = [
        (("texts", number(stats.get("texts"))), ("model", stats.get("model"))),
        (("tokens", number(stats.get("tokens"))), ("runtime", stats.get("runtime"))),
        (("texts/s", number(stats.get("texts_per_second"))), ("precision", stats.get("precision"))),
        (("tokens/s", number(stats.get("tokens_per_second"))),
         ("peak memory", number(stats.get("peak_rss_mb")) + " MB")),
    ]
    return ["  " + (fit(a, 10) + fit(b, 14) + fit(c, 13) + str(d or "unknown"))
            for (a, b), (c, d) in rows]


def is_cached(stats):
    """Most vectors came from the cache. A first run has hits too: titles of corpus and queries."""
    return 2 * (stats.get("cache_hits") or 0) > (stats.get("texts") or 0)


def cache_lines(stats, first):
    """What the cache gave. `first`: the stats of the run that filled it, or None."""
    if not is_cached(stats):
        return []
    hits, texts = stats["cache_hits"], stats["texts"]
    line = f"  {number(hits)} of {number(texts)} vectors came from the cache"
    seconds, before = stats.get("seconds"), (first or {}).get("seconds")
    if seconds and before:
        line += (f": {seconds:.2f} s instead of the first run's {before:.2f} s, "
                 f"{before / seconds:,.0f} times faster")
    return [line]


def share_lines(links, model, chance, hashing):
    """`hashing` is its share, or why there is none."""
    lines = ["The share that is right:",
             f"  {share_right(links):.2f}  {model}",
             f"  {hashing:.2f}  hashing, which needs no model: shared words only"
             if isinstance(hashing, float) else f"  ----  hashing {hashing}",
             f"  {chance:.2f}  any English title of the season, at random"]
    ranking = [f"{language} {share:.2f}" for share, language in shares_by_language(links)]
    if len(ranking) > 10:
        lines.append("  best   " + ", ".join(ranking[:5]))
        lines.append("  worst  " + ", ".join(ranking[-5:]))
    return lines


def next_lines(vetor, model, data):
    many = ["  a model that was trained on many languages, multilingual-e5-small", "    make run MODEL=multilingual"]
    return ["What to try next:",
            *([] if "multilingual" in str(model) else many),
            "  which entries of the calendar are the same session, in all languages",
            f"    {vetor} dedupe --model {model} \\",
            f"      --input {data} \\",
            "      --field name --same date:10 --truth group --threshold 0.6",
            "  vectors of your own texts, one text per line",
            f"    {vetor} embed --model {model} --input titles.txt --output titles.npy"]


class Runs(typing.NamedTuple):
    """What the searches gave beside their links."""
    stats: dict  # of the model's run
    first: typing.Optional[dict]  # as in cache_lines
    hashing: typing.Union[float, str]  # as in share_lines


def report(races, links, runs, paths):
    """All lines of the report. `paths`: (vetor, model, data) as to be typed."""
    languages = {link.query["language"] for link in links}
    corpus = sum(row["language"] == "en" for row in races)
    lines = [f"{len(links):,} race titles in {len(languages)} languages, each linked to one of "
             f"{corpus:,} English titles", ""]
    lines += run_lines(runs.stats) + cache_lines(runs.stats, runs.first) + [""]
    lines += ["Links, one right and one wrong per language:"]
    lines += link_lines(pick_links(links, races), races) + [""]
    lines += share_lines(links, runs.stats.get("model") or paths[1], share_by_chance(races),
                         runs.hashing)
    return lines + [""] + next_lines(*paths)


# ---------------------------------------------------------------- the command


def search(vetor, data, model_flags, quiet):
    """Runs `vetor search`; returns its results and its stats. Failure if it does not end well.

    Its errors go to the terminal; `quiet`: only into the Failure.
    """
    with tempfile.TemporaryDirectory() as folder:
        stats = pathlib.Path(folder) / "stats.json"
        command = [str(vetor), "search", "--corpus", str(data), "--queries", str(data),
                   "--field", "name", "--id-field", "id", "--truth", "weekend", "--top", "3",
                   "--same", "championship", "--same", "season",
                   "--corpus-where", "kind=race", "--corpus-where", "language=en",
                   "--queries-where", "kind=race", "--queries-where", "language!=en",
                   "--quiet", "--stats", str(stats)] + model_flags
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, check=False,
                                  stderr=subprocess.PIPE if quiet else None)
        except OSError as error:
            raise Failure(f"cannot start {vetor}: {error.strerror}; `make build` makes it") from error
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip().splitlines() if quiet else []
            raise Failure(said[-1] if said else f"{vetor} search failed (exit status "
                          f"{done.returncode}); its message is above")
        try:
            return ([json.loads(line) for line in done.stdout.decode().splitlines()],
                    json.loads(stats.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise Failure(f"cannot read what {vetor} search wrote: {error}") from error


def shorten(path):
    """A path as to be typed from the checkout, where it lies inside."""
    path = pathlib.Path(path).resolve()
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def first_run(cache, model, stats):
    """The stats of the run that filled the cache for `model`, kept beside it; None if unknown."""
    path = cache / "first_runs.json"
    try:
        runs = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        runs = {}
    key = str(model.resolve())
    if not is_cached(stats):
        runs[key] = {"seconds": stats.get("seconds")}
        try:
            path.write_text(json.dumps(runs), encoding="utf-8")
        except OSError:
            pass  # The next run says less; this one lost nothing.
    return runs.get(key)


def run(options):
    if not options.vetor.is_file():
        raise Failure(f"no command at {options.vetor}: run `make build` first")
    if not options.model.exists():
        raise Failure(f"no model at {options.model}: `make run MODEL=minilm` makes one, or "
                      "name a model folder")
    races = read_races(options.data)
    print(f"Embedding {len(races):,} titles ...", file=sys.stderr, flush=True)
    results, stats = search(options.vetor, options.data,
                            ["--model", str(options.model), "--cache-dir", str(options.cache)]
                            + (["--prompt-name", options.prompt_name] if options.prompt_name else []),
                            False)
    links = make_links(races, results)
    if not links:
        raise Failure(f"{options.data} has no race title in another language than English")
    try:
        hashed, _ = search(options.vetor, options.data, ["--backend", "hashing", "--no-cache"], True)
        hashing = share_right(make_links(races, hashed))
    except Failure as failure:
        hashing = f"not available: {failure}"
    paths = [shorten(path) for path in (options.vetor, options.model, options.data)]
    runs = Runs(stats, first_run(options.cache, options.model, stats), hashing)
    print("\n".join(report(races, links, runs, paths)))


def main(arguments):
    parser = argparse.ArgumentParser(prog=NAME, usage=__doc__.split("\n\n")[1][len("Usage: "):],
                                     description=__doc__.split("\n\n")[0])
    parser.add_argument("vetor", nargs="?", type=pathlib.Path, default=ROOT / "build" / "vetor")
    parser.add_argument("model", nargs="?", type=pathlib.Path,
                        default=ROOT / "models" / "all-MiniLM-L6-v2")
    parser.add_argument("--prompt-name", help="the model's prompt to put before each title, e.g. query")
    parser.add_argument("--data", type=pathlib.Path, default=DATA)
    parser.add_argument("--cache", type=pathlib.Path, default=ROOT / "cache" / "link_titles",
                        help="folder of the vectors' cache")
    try:
        run(parser.parse_args(arguments))
    except Failure as failure:
        print(f"{NAME}: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\n{NAME}: interrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
