"""The page's table out of the results: a group of rows a precision, with vetor's ratio to the best peer of each."""
import statistics

from machine_load import summary
from quality import WRONG, is_right

WORKLOADS = ("mixed", "short", "long", "single")
# An int8 peer that is close to fp32: OpenVINO's static int8 has 0.994 to 0.997, the dynamic files have 0.987 to 0.990.
CLOSE = 0.992
# Our own program with the runtime of others: what its kernels alone bring.
OURS_ELSEWHERE = "vetor, ONNX Runtime"
# Group, what stands against it, and with which rows of ours.
GROUPS = (("fp32", "fp32", "vetor"), ("bf16", "bf16 (vetor has none: its fp32 stands against it)", "vetor"),
          ("int8", "int8", "vetor int8"))


def median_range(values, digits):
    text = f"{statistics.median(values):,.{digits}f}"
    return text if len(values) < 2 else f"{text} ({min(values):,.{digits}f}-{max(values):,.{digits}f})"


def value_key(workload):
    return ("p50_ms", 2) if workload == "single" else ("tokens_per_second", 0)


def cell(rows, workload):
    key, digits = value_key(workload)
    return median_range([row[key] for row in rows], digits)


def is_ours(name):
    return name.startswith("vetor")


def complete(results, precision):
    """Names of the group that were measured on every work load."""
    return [name for name, entry in results["entries"].items()
            if entry["precision"] == precision and all(entry["rows"].get(workload) for workload in WORKLOADS)]


def judged_peers(results, precision, least_mean=0.0):
    """The peers of the group whose vectors are right: only these can be its best."""
    names = []
    for name in complete(results, precision):
        quality = results["quality"].get(name)
        if not is_ours(name) and is_right(quality, precision) and quality["mean"] >= least_mean:
            names.append(name)
    return names


def ratio(results, peers, workload, ours):
    """vetor against the best of `peers`: above 1 is a win, for times too."""
    if not peers:
        return "-"
    key, _ = value_key(workload)
    medians = {name: statistics.median(row[key] for row in results["entries"][name]["rows"][workload])
               for name in [ours, *peers]}
    best = (min if workload == "single" else max)(peers, key=medians.get)
    value = medians[best] / medians[ours] if workload == "single" else medians[ours] / medians[best]
    return f"**{value:.2f}** ({best})"


def quality_cell(results, name, precision):
    quality = results["quality"].get(name)
    if quality is None:
        return "not known"
    text = f"{quality['mean']:.4f} / {quality['worst']:.4f}"
    return text if is_right(quality, precision) else f"{text} **wrong**"


def entry_line(results, name):
    entry = results["entries"][name]
    everything = [row for rows in entry["rows"].values() for row in rows]
    load = statistics.median(row.get("load_seconds", 0) for row in everything)
    peak = max(row["peak_rss_mb"] for row in everything)
    part = f" (1/{entry['part']} of the texts)" if entry["part"] > 1 else ""
    cells = " | ".join(cell(entry["rows"][workload], workload) for workload in WORKLOADS)
    return f"| {name}{part} | {cells} | {quality_cell(results, name, entry['precision'])} | {load:.1f} | {peak:,.0f} |"


def ratio_lines(results, precision, ours):
    peers = judged_peers(results, precision)
    judged = [("best peer", peers)]
    if precision == "fp32" and OURS_ELSEWHERE in complete(results, precision):
        judged.append((OURS_ELSEWHERE, [OURS_ELSEWHERE]))
    if precision == "int8":
        judged.append((f"best peer with a mean cosine of at least {CLOSE}", judged_peers(results, precision, CLOSE)))
    lines = []
    if ours not in results["entries"] or ours not in complete(results, results["entries"][ours]["precision"]):
        return lines
    for title, names in judged:
        ratios = " | ".join(ratio(results, names, workload, ours) for workload in WORKLOADS)
        shown = f"{ours} (fp32)" if precision == "bf16" else ours
        lines.append(f"| **{shown} / {title}** | {ratios} | | | |")
    return lines


def group_table(results, precision, title, ours):
    names = complete(results, precision)
    if not names:
        return []
    return [f"**{title}**", "", "| | mixed | short | long | single, p50 ms | cosine, mean / worst | load s | peak MB |",
            "|---|---|---|---|---|---|---|---|", *(entry_line(results, name) for name in names),
            *ratio_lines(results, precision, ours), ""]


def limit_table(results):
    """What share of the speed of the multiplications alone each row of fp32 reached, turn by turn."""
    limits = results.get("limit", [])
    names = complete(results, "fp32")
    if not limits or not names:
        return []
    tokens = [workload for workload in WORKLOADS if workload != "single"]
    peaks = median_range([limit["peak_gflops"] for limit in limits], 0)
    lines = [f"**share of the limit, %** (multiply-adds at their peak, measured in each turn: {peaks} GFLOP/s, "
             f"{limits[0]['kernels']})", "", f"| | {' | '.join(tokens)} |", "|---" * (len(tokens) + 1) + "|",
             "| the limit, tokens per second | "
             + " | ".join(median_range([limit[workload] for limit in limits], 0) for workload in tokens) + " |"]
    for name in names:
        rows = results["entries"][name]["rows"]
        shares = (median_range([100 * row["tokens_per_second"] / limit[workload]
                                for row, limit in zip(rows[workload], limits)], 1) for workload in tokens)
        lines.append(f"| {name} | {' | '.join(shares)} |")
    return [*lines, ""]


def versions(results):
    """Peer by peer, because two may have the same package in different versions."""
    found = {}
    for name, entry in results["entries"].items():
        for row in next(iter(entry["rows"].values()), []):
            packages = ", ".join(f"{package} {version}" for package, version in row.get("versions", {}).items())
            if packages:
                found.setdefault(packages, name)
    return [f"{name} ({packages})" for packages, name in found.items()]


def page(results):
    machine = results["machine"]
    sizes = ", ".join(f"{workload} {results['texts'][workload]:,} texts of {results['tokens']['1'][workload]:,} tokens"
                      for workload in WORKLOADS)
    done = results["repeats_done"]
    lines = [f"`make bench-peers PEER_SCALE={results['scale']} PEER_REPEATS={results['repeats']}`, {results['date']}, "
             f"{machine['cores']} cores of {machine['processor']}, {machine['system']}, Python {machine['python']}; "
             f"{results['model']}; {sizes}. Useful tokens per second, p50 of single texts in ms: median (range) of {done} "
             f"turn{'s' * (done != 1)}. Cosine to {results['reference']}, {results['check_texts']} texts. "
             f"{summary(results['load'])}", ""]
    if done < results["repeats"]:
        lines[0] += f" **Cut off: {done} of {results['repeats']} turns were finished.**"
    for precision, title, ours in GROUPS:
        lines += group_table(results, precision, title, ours)
    lines += limit_table(results)
    wrong = [name for name, entry in results["entries"].items()
             if name in results["quality"] and not is_right(results["quality"][name], entry["precision"])]
    if wrong:
        limits = ", ".join(f"{precision} {limit}" for precision, limit in WRONG.items())
        lines += [f"Wrong vectors (worst cosine below {limits}), shown but never the best of a group: "
                  f"{', '.join(wrong)}.", ""]
    found = versions(results)
    lines += ["Versions: " + "; ".join(found) + "."] if found else []
    lines += [f"Not measured: {name}: {reason}." for name, reason in results["skipped"].items()]
    return "\n".join(lines)
