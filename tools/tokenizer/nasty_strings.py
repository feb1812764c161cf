"""The random strings of the tokenizer tests. tests/tokenizer/nasty_strings.cc is its twin: both must
give the same strings for the same seed."""
import os

SETS = os.path.join(os.path.dirname(__file__), "../../tests/data/tokenizer/nasty_sets.txt")
MASK = (1 << 64) - 1


class Random:
    """SplitMix64."""

    def __init__(self, seed):
        self.state = seed & MASK

    def below(self, bound):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
        return (z ^ z >> 31) % bound


def read_sets(path=SETS):
    """Weight and members of each set, in the file's order."""
    sets = []
    with open(path, encoding="ascii") as f:
        for line in f:
            if line.startswith("#"):
                continue
            weight, _, *items = line.split()
            members = []
            for item in items:
                if "." in item:
                    members.append("".join(chr(int(part, 16)) for part in item.split(".")))
                else:
                    first, _, last = item.partition("-")
                    members += [chr(c) for c in range(int(first, 16), int(last or first, 16) + 1)]
            sets.append((int(weight), members))
    return sets


def nasty_string(sets, seed, index):
    """One to eight members."""
    random = Random(seed ^ (index * 0xD1B54A32D192ED03 & MASK))
    total = sum(weight for weight, _ in sets)
    text = ""
    for _ in range(1 + random.below(8)):
        pick = random.below(total)
        for weight, members in sets:
            if pick < weight:
                text += members[random.below(len(members))]
                break
            pick -= weight
    return text
