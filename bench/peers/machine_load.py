"""How much of the machine others used, from /proc/stat: the load average would still count our own last run."""
import os
import pathlib
import time

BUSY = 0.05  # Of the whole machine. More than this beside a run makes its figures not worth quoting.


def busy_seconds(stat_text, ticks_a_second):
    """Processor time that was not idle, all cores, since the start; time a hypervisor took counts as busy."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = (int(x) for x in stat_text.split("\n", 1)[0].split()[1:9])
    return (user + nice + system + irq + softirq + steal) / ticks_a_second


def foreign_share(busy, own, wall, cores):
    """Part of all cores that neither we nor our children used; the clocks tick in 10 ms, hence the bounds."""
    return min(1.0, max(0.0, busy - own) / (wall * cores))


class Watch:
    """From its making to `share()`; None where there is no /proc/stat. `beside` gives the processor time of a child that runs
    on: the system tells us that of children that ended."""

    def __init__(self, stat=pathlib.Path("/proc/stat"), beside=None):
        self.stat = stat
        self.beside = beside or (lambda: 0.0)
        self.begin = self._now()

    def _now(self):
        if not self.stat.exists():
            return None
        times = os.times()
        own = times.user + times.system + times.children_user + times.children_system + self.beside()
        return busy_seconds(self.stat.read_text(encoding="ascii"), os.sysconf("SC_CLK_TCK")), own, time.perf_counter()

    def share(self):
        end = self._now()
        if end is None:
            return None
        busy, own, wall = (after - before for before, after in zip(self.begin, end))
        return foreign_share(busy, own, wall, os.cpu_count())


def idle_share(seconds, beside=None):
    """What others use while we sleep; `beside` as for Watch."""
    watch = Watch(beside=beside)
    time.sleep(seconds)
    return watch.share()


def summary(load):
    """Two sentences for the page. `load`: a list of {"name", "repeat", "before" or "during": share}."""
    shares = [(row[kind], row["name"], row["repeat"]) for row in load for kind in ("before", "during")
              if row.get(kind) is not None]
    if not shares:
        return "How busy others kept the machine is not known (no /proc/stat)."
    worst, name, repeat = max(shares)
    busy = sum(share > BUSY for share, _, _ in shares)
    text = (f"Other processes used at most {worst:.1%} of the cores beside a run (turn {repeat} of {name}), median "
            f"{sorted(share for share, _, _ in shares)[len(shares) // 2]:.1%}.")
    if not busy:
        return text
    return (f"{text} **The machine was busy: more than {BUSY:.0%} in {busy} of {len(shares)} samples. Do not quote these "
            "figures.**")
