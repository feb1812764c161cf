"""What issue and page ask of the server, and the table of wanted and found."""

from __future__ import annotations

import pathlib
import statistics
import sys
from dataclasses import dataclass

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "peers"))
from machine_load import summary  # noqa: E402

SINGLE_SHARE, MANY_SHARE = 0.9, 0.95
OVERLOAD_SHARE, REFUSAL_MS = 0.95, 10.0
CACHED_P50_US, CACHED_RATE = 100.0, 20_000.0
CLIENTS = (1, 8, 64)


@dataclass(frozen=True)
class Row:
    """A line of the table. `holds` is None for a figure that nothing is asked of."""

    load: str
    wanted: str
    found: str
    holds: bool | None = None

    def line(self) -> str:
        verdict = {None: "", True: "yes", False: "**no**"}[self.holds]
        return f"| {self.load} | {self.wanted} | {self.found} | {verdict} |"


def median_range(values: list[float], digits: int) -> str:
    text = f"{statistics.median(values):,.{digits}f}"
    return text if len(values) < 2 else f"{text} ({min(values):,.{digits}f}-{max(values):,.{digits}f})"


def share_row(load: str, turns: list[dict], key: str, least: float) -> Row:
    """The server's rate over that of the same turn in process."""
    shares = [turn[key]["tokens_per_second"] / turn["in_process"] for turn in turns]
    rates = [turn[key]["tokens_per_second"] for turn in turns]
    return Row(load, f"at least {least:.2f} of in process",
               f"{median_range(shares, 2)}: {median_range(rates, 0)} tokens/s", statistics.median(shares) >= least)


def rate_rows(precision: str, turns: list[dict]) -> list[Row]:
    return [
        Row(f"{precision}, in process", "", f"{median_range([turn['in_process'] for turn in turns], 0)} tokens/s"),
        share_row(f"{precision}, one text per request, 32 clients", turns, "single", SINGLE_SHARE),
        share_row(f"{precision}, 32 texts per request, 8 clients", turns, "many", MANY_SHARE),
    ]


def infinity_rows(found: dict, ours: list[dict]) -> list[Row]:
    """Another server on the same texts, and what vetor's rate is of its."""
    rows_found = []
    for key, load in (("single", "one text per request, 32 clients"), ("many", "32 texts per request, 8 clients")):
        rates = [turn[key]["tokens_per_second"] for turn in found["turns"]]
        times = statistics.median(turn[key]["tokens_per_second"] for turn in ours) / statistics.median(rates)
        rows_found.append(Row(f"{found['version']}, fp32, {load}", "",
                              f"{median_range(rates, 0)} tokens/s; vetor's rate is {times:.1f} times that"))
    alone = found["alone"]
    rows_found.append(Row(f"{found['version']}, one text per request, 1 client", "",
                          f"p50 {alone['p50_ms']:.1f} ms, p99 {alone['p99_ms']:.1f} ms, "
                          f"{alone['requests_per_second']:,.0f} requests/s"))
    return rows_found


def latency_rows(latencies: dict[str, dict]) -> list[Row]:
    return [Row(f"fp32, one text per request, {clients} client{'s' if clients != '1' else ''}", "",
                f"p50 {row['p50_ms']:.1f} ms, p99 {row['p99_ms']:.1f} ms, {row['requests_per_second']:,.0f} requests/s")
            for clients, row in latencies.items()]


def overload_rows(found: dict) -> list[Row]:
    share = found["overloaded"]["tokens_per_second"] / found["best"]
    refusal = found["refusal"]
    return [
        Row(f"fp32, {found['times']:.1f} times the capacity is offered", f"at least {OVERLOAD_SHARE:.2f} of the best rate",
            f"{share:.2f}: {found['overloaded']['tokens_per_second']:,.0f} tokens/s; {found['overloaded']['refused']:,.0f} of "
            f"{found['overloaded']['requests']:,.0f} requests refused", share >= OVERLOAD_SHARE),
        Row("a refusal at that load", f"within {REFUSAL_MS:.0f} ms",
            f"p50 {refusal['p50_ms']:.1f} ms, p99 {refusal['p99_ms']:.1f} ms of {refusal['count']}",
            refusal["count"] > 0 and refusal["p99_ms"] <= REFUSAL_MS),
    ]


def cached_row(load: str, row: dict) -> Row:
    p50_us, p99_us = row["p50_ms"] * 1000, row["p99_ms"] * 1000
    return Row(load, f"p50 at most {CACHED_P50_US:.0f} µs", f"p50 {p50_us:.0f} µs, p99 {p99_us:.0f} µs", p50_us <= CACHED_P50_US)


def cached_rows(found: dict) -> list[Row]:
    rate = found["sixteen"]["requests_per_second"]
    return [
        cached_row("one cached text, 1 client, JSON numbers", found["one"]),
        cached_row("one cached text, 1 client, base64", found["one_base64"]),
        Row("one cached text in base64, 16 connections, one core for each side", f"{CACHED_RATE:,.0f} requests/s",
            f"{rate:,.0f} requests/s, p50 {found['sixteen']['p50_ms']:.2f} ms", rate >= CACHED_RATE),
    ]


def rows(results: dict) -> list[Row]:
    found = [row for precision, turns in results["rates"].items() for row in rate_rows(precision, turns)]
    if "infinity" in results:
        found += infinity_rows(results["infinity"], results["rates"]["fp32"])
    return [*found, *latency_rows(results["latency"]), *overload_rows(results["overload"]), *cached_rows(results["cached"])]


def page(results: dict) -> str:
    """The section of docs/benchmarks.md."""
    machine, texts = results["machine"], results["texts"]
    head = (f"`make bench-serve SERVE_SECONDS={results['seconds']:g} SERVE_REPEATS={results['repeats']}`, {results['date']}, "
            f"{machine['cores']} cores of {machine['processor']}, {machine['system']}; {results['model']}; {texts['count']:,} "
            f"texts of {texts['tokens']:,} tokens. Median (range) of the turns. {summary(results['load'])}")
    table = ["| load | wanted | found | holds |", "|---|---|---|---|", *[row.line() for row in rows(results)]]
    return head + "\n\n" + "\n".join(table)
