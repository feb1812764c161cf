"""What the folders of make_folder_cases.py are written with."""

TEXTS = ["Hello World a S\u00e3o Paulo", "hello world a b c sao paulo", "a [MASK] b<mask> a", "a [NEW] foo FOO ba <e>q",
         "\u4f60\u597da b", "  a  b \t\n", "``a'' 1, \ufb01n"]
FEW = [TEXTS[0], TEXTS[4], "a b c hello world"]


def added(content, **flags):
    token = {"id": 0, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
             "special": True}
    return token | flags


def decoder(**tokens):
    """added_tokens_decoder: i18=TOKEN is the token of id 18."""
    return {name[1:]: {key: value for key, value in token.items() if key != "id"} for name, token in tokens.items()}


def case(name, base, config=None, **more):
    row = {"name": name, "json": base, "set": {}, "files": {}, "texts": TEXTS} | more
    if config is not None:
        row["files"] = {"tokenizer_config.json": config} | row["files"]
    return row
