"""Tests of link_titles.py: python3 -m unittest discover examples/motorsport-calendar/tests"""
import contextlib
import io
import json
import pathlib
import stat
import sys
import tempfile
import textwrap
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "data"))

import build_data  # noqa: E402
import link_titles  # noqa: E402


def row(number, name, language, weekend, **changed):
    return dict({"id": str(number), "name": name, "language": language, "weekend": weekend,
                 "championship": "f1", "season": 2024, "kind": "race"}, **changed)


RACES = [
    row(1, "Monaco Grand Prix", "en", "w1"),
    row(2, "Hungarian Grand Prix", "en", "w2"),
    row(3, "GP de Mônaco", "pt", "w1"),
    row(4, "GP da Hungria", "pt", "w2"),
    row(5, "Monaco Grand Prix 2024", "de", "w1"),
    row(6, "Großer Preis von Ungarn", "de", "w2"),
]


def links_of(*answers):
    """Links from (query id, hit id, score)."""
    return link_titles.make_links(RACES, [
        {"query": query, "hits": [{"id": hit, "score": score}] if hit else []}
        for query, hit, score in answers])


class Protocol(unittest.TestCase):
    def test_a_link_is_right_when_the_weekend_is_the_same(self):
        links = links_of(("3", "1", 0.9), ("4", "1", 0.8), ("6", None, 0))
        self.assertEqual([link.right for link in links], [True, False, False])
        self.assertAlmostEqual(link_titles.share_right(links), 1 / 3)

    def test_no_links_have_a_share_of_nothing(self):
        self.assertEqual(link_titles.share_right([]), 0.0)
        self.assertEqual(link_titles.share_by_chance([]), 0.0)

    def test_only_the_first_hit_counts(self):
        hits = [{"id": "2", "score": 0.9}, {"id": "1", "score": 0.8}]
        link, = link_titles.make_links(RACES, [{"query": "3", "hits": hits}])
        self.assertFalse(link.right)
        self.assertEqual(link.score, 0.9)

    def test_chance_counts_the_english_titles_of_the_season(self):
        races = RACES + [row(7, "2024 Monaco Grand Prix", "en", "w1"),
                         row(8, "Somewhere else", "en", "w3", season=2023)]
        # Two queries for w1 (2 of 3 titles) and two for w2 (1 of 3).
        self.assertAlmostEqual(link_titles.share_by_chance(races), (2 * 2 / 3 + 2 * 1 / 3) / 4)

    def test_a_season_without_english_titles_has_no_chance(self):
        self.assertEqual(link_titles.share_by_chance([row(1, "GP de Mônaco", "pt", "w1")]), 0.0)

    def test_languages_come_best_first(self):
        links = links_of(("3", "1", 0.9), ("4", "1", 0.8), ("5", "1", 0.8), ("6", "2", 0.8))
        self.assertEqual(link_titles.shares_by_language(links), [(1.0, "de"), (0.5, "pt")])


class Choice(unittest.TestCase):
    def test_words_ignore_case_numbers_and_punctuation(self):
        self.assertEqual(link_titles.words("F1: Großer Preis (Ungarn) 2024"),
                         {"f1", "grosser", "preis", "ungarn"})

    def test_words_keep_combining_marks(self):
        self.assertEqual(len(link_titles.words("கிராண்ட் பிரிக்ஸ்")), 2)

    def test_overlap_is_the_share_of_common_words(self):
        self.assertEqual(link_titles.overlap("a b", "b a 7"), 1.0)
        self.assertAlmostEqual(link_titles.overlap("a b", "b c"), 1 / 3)
        self.assertEqual(link_titles.overlap("12", "34"), 0.0)

    def test_one_right_and_one_wrong_a_language_in_the_given_order(self):
        links = links_of(("6", "2", 0.5), ("5", "2", 0.5), ("3", "1", 0.9), ("4", "1", 0.8))
        picked = link_titles.pick_links(links, RACES, languages=("pt", "fr", "de"))
        self.assertEqual([link.query["id"] for link in picked], ["3", "4", "6", "5"])

    def test_the_limit_holds(self):
        links = links_of(("6", "2", 0.5), ("3", "1", 0.9), ("4", "1", 0.8))
        self.assertEqual(len(link_titles.pick_links(links, RACES, ("pt", "de"), limit=2)), 2)

    def test_right_links_with_different_words_come_first(self):
        links = links_of(("5", "1", 0.99), ("6", "2", 0.5))
        picked = link_titles.pick_links(links, RACES, languages=("de",))
        self.assertEqual(picked[0].query["id"], "6")

    def test_the_most_certain_wrong_link_comes_first(self):
        links = links_of(("5", "2", 0.4), ("6", "1", 0.7))
        picked = link_titles.pick_links(links, RACES, languages=("de",))
        self.assertEqual(picked[0].query["id"], "6")

    def test_a_wrong_link_to_a_title_that_reads_the_same_is_not_shown(self):
        races = RACES + [row(7, "Monaco Grand Prix", "en", "w9")]
        links = link_titles.make_links(races, [{"query": "3", "hits": [{"id": "7", "score": 1}]}])
        self.assertEqual(link_titles.pick_links(links, races, languages=("pt",)), [])

    def test_the_title_meant_is_the_shortest_english_one(self):
        races = [row(7, "Formula 1 Grand Prix de Monaco 2024", "en", "w1")] + RACES
        self.assertEqual(link_titles.meant_title(races, RACES[2]), "Monaco Grand Prix")
        self.assertIsNone(link_titles.meant_title(races, row(9, "x", "pt", "w9")))


class Layout(unittest.TestCase):
    def test_wide_characters_take_two_columns_and_marks_none(self):
        self.assertEqual(link_titles.display_width("ab"), 2)
        self.assertEqual(link_titles.display_width("中国GP"), 6)
        self.assertEqual(link_titles.display_width("e\u0301"), 1)

    def test_fit_fills_or_cuts_to_the_column(self):
        for text in ("", "abc", "abcdef", "中国グランプリ", "中a中a中a"):
            for width in (1, 4, 5, 20):
                self.assertEqual(link_titles.display_width(link_titles.fit(text, width)), width)
        self.assertEqual(link_titles.fit("abcdef", 4), "abc…")

    def test_no_line_of_the_table_is_wider_than_the_terminal(self):
        long_races = [dict(race, name=race["name"] + " 中国" * 40) for race in RACES]
        links = link_titles.make_links(long_races, [
            {"query": "3", "hits": [{"id": "2", "score": 0.5}]}])
        lines = link_titles.link_lines(links, long_races)
        self.assertEqual(len(lines), 3)
        for line in lines:
            self.assertLessEqual(link_titles.display_width(line), 100)
        self.assertIn("WRONG", lines[1])

    def test_stats_that_are_missing_are_said_to_be_unknown(self):
        lines = link_titles.run_lines({"texts": 4594, "model": "m"})
        self.assertIn("4,594", lines[0])
        self.assertIn("unknown", lines[1])

    def test_a_second_run_says_what_the_cache_gave(self):
        with tempfile.TemporaryDirectory() as folder:
            cache, model = pathlib.Path(folder), pathlib.Path("model")
            cold = {"texts": 100, "cache_hits": 3, "seconds": 6.0}
            warm = {"texts": 100, "cache_hits": 100, "seconds": 0.1}
            self.assertEqual(link_titles.cache_lines(
                cold, link_titles.first_run(cache, model, cold)), [])
            line, = link_titles.cache_lines(warm, link_titles.first_run(cache, model, warm))
            self.assertIn("100 of 100 vectors came from the cache", line)
            self.assertIn("0.10 s instead of the first run's 6.00 s, 60 times faster", line)
            unknown, = link_titles.cache_lines(warm, None)
            self.assertNotIn("instead", unknown)

    def test_hashing_is_a_share_or_a_reason(self):
        links = links_of(("3", "1", 0.9))
        with_share = link_titles.share_lines(links, "m", 0.1, 0.5)
        self.assertTrue(with_share[2].startswith("  0.50"))
        without = link_titles.share_lines(links, "m", 0.1, "not available: why")
        self.assertIn("not available: why", without[2])


class Command(unittest.TestCase):
    """The script with a command of a few lines in place of vetor."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)
        self.data = self.path / "events.jsonl"
        self.data.write_text("".join(json.dumps(race) + "\n" for race in RACES), encoding="utf-8")

    def command(self, body):
        path = self.path / "vetor"
        path.write_text(f"#!{sys.executable}\nimport json, sys\nflags = sys.argv[1:]\n"
                        + textwrap.dedent(body), encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def script(self, vetor, model=None):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = link_titles.main([str(vetor), str(model or self.path),
                                       "--data", str(self.data),
                                       "--cache", str(self.path / "cache")])
        return status, out.getvalue(), err.getvalue()

    def test_the_report_names_what_ran_and_the_shares(self):
        status, out, err = self.script(self.command("""
            hits = {"3": "1", "4": "1", "5": "1", "6": "2"}
            if "hashing" in flags:
                hits.update({"3": "2", "6": "1"})
            for query, hit in hits.items():
                print(json.dumps({"query": query, "hits": [{"id": hit, "score": 0.5}]}))
            with open(flags[flags.index("--stats") + 1], "w") as stats:
                json.dump({"texts": 6, "model": "tiny", "precision": "fp32"}, stats)
            """))
        self.assertEqual((status, err), (0, "Embedding 6 titles ...\n"))
        self.assertIn("4 race titles in 2 languages", out)
        self.assertIn("0.75  tiny", out)
        self.assertIn("0.25  hashing", out)
        self.assertIn("GP de Mônaco", out)

    def test_without_hashing_its_reason_stands_there(self):
        status, out, _ = self.script(self.command("""
            if "hashing" in flags:
                sys.exit("no such backend")
            print(json.dumps({"query": "3", "hits": [{"id": "1", "score": 0.5}]}))
            with open(flags[flags.index("--stats") + 1], "w") as stats:
                json.dump({}, stats)
            """))
        self.assertEqual(status, 0)
        self.assertIn("hashing not available: no such backend", out)

    def test_every_failure_is_one_line_with_a_remedy(self):
        no_stats = self.command("")
        for vetor, model, said in (
                (self.path / "none", None, "make build"),
                (no_stats, self.path / "none", "make run"),
                (self.data, None, "cannot start"),
                (no_stats, None, "cannot read what")):
            status, out, err = self.script(vetor, model)
            self.assertEqual((status, out), (1, ""))
            self.assertIn(said, err)
            errors = [line for line in err.splitlines() if not line.startswith("Embedding ")]
            self.assertEqual(len(errors), 1, err)

    def test_a_failing_command_is_named_with_its_status(self):
        status, _, err = self.script(self.command("sys.exit(2)"))
        self.assertEqual(status, 1)
        self.assertIn("exit status 2", err)

    def test_data_that_is_missing_or_broken(self):
        self.data.write_text("{broken\n", encoding="utf-8")
        self.assertIn("not JSON", self.script(self.command(""))[2])
        self.data.unlink()
        self.assertIn("cannot read the calendar", self.script(self.command(""))[2])

    def test_ctrl_c_ends_with_130_and_one_line(self):
        def interrupt(_):
            raise KeyboardInterrupt
        run, link_titles.run = link_titles.run, interrupt
        self.addCleanup(setattr, link_titles, "run", run)
        status, out, err = self.script(self.path)
        self.assertEqual((status, out, err), (130, "", "\nlink_titles.py: interrupted\n"))


class Data(unittest.TestCase):
    def test_only_sources_that_were_judged_pass(self):
        self.assertTrue(build_data.keep({"id": "1", "source": "sportstimes/pt-BR"}))
        self.assertTrue(build_data.keep({"id": "1", "source": "f1db/short"}))
        self.assertFalse(build_data.keep({"id": "1", "source": "naviss29"}))
        with self.assertRaisesRegex(ValueError, "neither allowed nor refused"):
            build_data.keep({"id": "1", "source": "somebody"})

    def test_the_packaged_rows_are_as_its_source_page_says(self):
        with open(link_titles.DATA, encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        self.assertEqual(len(rows), 8115)
        self.assertEqual({tuple(row) for row in rows}, {tuple(build_data.FIELDS)})
        self.assertEqual({row["id"].split("#")[0].split("/")[0] for row in rows},
                         set(build_data.LICENCE))
        self.assertEqual(len({row["id"] for row in rows}), len(rows))
        self.assertEqual(len({row["language"] for row in rows}), 33)
        races = link_titles.read_races(link_titles.DATA)
        self.assertEqual(sum(race["language"] != "en" for race in races), 2771)
        self.assertEqual(sum(race["language"] == "en" for race in races), 1823)


if __name__ == "__main__":
    unittest.main()
