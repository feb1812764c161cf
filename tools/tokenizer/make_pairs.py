"""The cases of pairs, truncation strategies, overflow windows and padding, and what the reference answers. Texts: ours.

A row holds `a`, `b` (or null), `add_special_tokens`, `truncation` {max_length, strategy, stride, direction} or null,
`padding` {length, pad_to_multiple_of, direction} or null, and either `ids, type_ids, attention_mask,
special_tokens_mask, overflow` or `error`, the reference's message (compare that there is an error, not its words).
"""

PAIRS = ("all-minilm-l6-v2", "xlm-roberta-wssplit")  # the tokenizers that answer these cases

LONG = "one two three four five six seven eight nine ten eleven twelve"
GREEK = "alpha beta gamma delta epsilon zeta eta theta iota kappa"
ACCENTS = "Grande Prêmio de São Paulo no Autódromo José Carlos Pace, em Interlagos"


def case(a, b=None, special=True, truncation=None, padding=None):
    return {"a": a, "b": b, "add_special_tokens": special, "truncation": truncation, "padding": padding}


def truncation(max_length, strategy="longest_first", stride=0, direction="right"):
    return {"max_length": max_length, "strategy": strategy, "stride": stride, "direction": direction}


def plain_cases():
    for special in (True, False):
        for a, b in (("A", "B"), ("", ""), ("a", ""), ("", "b"), (LONG, GREEK), (ACCENTS, "GP São Paulo"), ("中文", "日本語"),
                     (" a ", " b "), ("[MASK] <mask>", "[SEP] </s>"), ("a\nb", "c")):
            yield case(a, b, special)
        yield case(LONG, None, special)
        yield case("", None, special)


def truncated_cases():
    for a, b in ((LONG, None), (ACCENTS, None), ("short", None), ("", None), (LONG, GREEK), (LONG, "x"), ("x", GREEK),
                 (ACCENTS, LONG)):
        for strategy in ("longest_first", "only_first", "only_second"):
            for max_length in (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 128):
                for stride in (0, 1, 2, 4):
                    if max_length in (2, 3, 4, 9, 128) and stride > 1:
                        continue
                    if strategy == "only_second" and b is None and stride:
                        continue
                    for direction in ("right", "left"):
                        yield case(a, b, True, truncation(max_length, strategy, stride, direction))
    for max_length in (0, 1, 4, 8):
        yield case(LONG, GREEK, False, truncation(max_length))


def padded_cases():
    for length, multiple, direction in ((None, None, "right"), (16, None, "right"), (16, None, "left"), (None, 8, "right"),
                                        (None, 8, "left"), (10, 8, "right"), (3, None, "right")):
        padding = {"length": length, "pad_to_multiple_of": multiple, "direction": direction}
        for a, b in ((LONG, None), ("x", None), ("", None), ("x", "y")):
            yield case(a, b, True, None, padding)
            yield case(a, b, True, truncation(8, stride=2), padding)


def answer(tokenizer, asked):
    pad_token = next(token for token in ("[PAD]", "<pad>") if tokenizer.token_to_id(token) is not None)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    try:
        if asked["truncation"]:
            tokenizer.enable_truncation(**asked["truncation"])
        if asked["padding"]:
            tokenizer.enable_padding(pad_id=tokenizer.token_to_id(pad_token), pad_token=pad_token, **asked["padding"])
        encoding = tokenizer.encode(asked["a"], asked["b"], add_special_tokens=asked["add_special_tokens"])
    except BaseException as error:  # What the reference's Rust code panics with is not an Exception.
        return {"error": " ".join(str(error).split())[:200]}
    return {"ids": encoding.ids, "type_ids": encoding.type_ids, "attention_mask": encoding.attention_mask,
            "special_tokens_mask": encoding.special_tokens_mask,
            "overflow": [{"ids": window.ids, "type_ids": window.type_ids, "attention_mask": window.attention_mask}
                         for window in encoding.overflowing]}


def pair_rows(tokenizer):
    return [{**asked, **answer(tokenizer, asked)} for asked in (*plain_cases(), *truncated_cases(), *padded_cases())]
