"""Folders whose files contradict one another, for make_folder_cases.py."""
from folder_bases import BERT_WORDS, MPNET_WORDS
from folder_case import added, case, decoder

ODD = ["a [NEW] foo", "[new] a <E>q", "a [MASK]b [mask] <mask>", "[UNK] a [CLS][cls] W w Wa"]


def typed(content, **flags):
    """As tokenizer_config.json writes a token; what flags do not say is not said."""
    return {"__type": "AddedToken", "content": content} | flags


def null_cases():
    """null is None in Python, which is false where the class asks for it."""
    names = {"Llama": "<s>", "Gemma": "<bos>", "CodeLlama": "<s>", "GPTNeoX": "<s>"}
    for name, begin in names.items():
        tokens = {"tokenizer_class": name + "Tokenizer", "bos_token": begin, "eos_token": "</s>"}
        for bos, eos in ((None, False), (None, True), (True, None), (None, None)):
            yield case(f"odd_null_{name}_{bos}_{eos}".lower(), "llama", tokens | {"add_bos_token": bos, "add_eos_token": eos},
                       texts=["hello", "a"])
    cohere = {"tokenizer_class": "CohereTokenizer", "bos_token": "<s>", "add_bos_token": None}
    yield case("odd_null_cohere", "llama", cohere, texts=["hello"])


def basic_cases():
    """do_basic_tokenize: only the Python code of MPNet and Splinter can be without."""
    texts = ["hello \u4f60\u597d S\u00e3o", "HELLO a", "a \u4f60 [NEW][new] FOO foo"]
    words = BERT_WORDS + MPNET_WORDS + ["\u597d", "\u4f60\u597d", "[QUESTION]", "."]
    text = "\n".join(dict.fromkeys(words)) + "\n"
    new = {"added_tokens_decoder": decoder(i40=added("[NEW]", normalized=True), i41=added("FOO", special=False, normalized=True))}
    for name in ("Bert", "MPNet", "Splinter", "Funnel"):
        for flag in (False, None):
            config = {"tokenizer_class": name + "Tokenizer", "do_basic_tokenize": flag}
            yield case(f"odd_basic_{name}_{flag}".lower(), None, config, files={"vocab.txt": text}, texts=texts)
        yield case(f"odd_basic_added_{name}".lower(), None, config | new, files={"vocab.txt": text}, texts=texts)


def typed_cases():
    """Tokens that tokenizer_config.json writes as objects, beside added_tokens.json or not."""
    bert = {"tokenizer_class": "BertTokenizer"}
    whole = typed("[NEW]", single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
    files = {"added_tokens.json": {"[NEW]": 22}}
    vocab = {"vocab.txt": "\n".join(BERT_WORDS + ["new", "[", "]"]) + "\n", "added_tokens.json": {"[NEW]": 25}}
    for key in ("cls_token", "additional_special_tokens"):
        def value(token):
            return token if key == "cls_token" else [token]

        for form, token in (("whole", whole), ("short", typed("[NEW]", lstrip=False)), ("string", "[NEW]")):
            yield case(f"odd_typed_{key}_{form}", "bert", bert | {key: value(token)}, files=files, texts=ODD)
            yield case(f"odd_typed_vocab_{key}_{form}", None, bert | {key: value(token)}, files=vocab, texts=ODD)
        plain = {name: flag for name, flag in whole.items() if name not in ("__type", "special")}
        yield case(f"odd_typed_map_{key}", "bert", bert, texts=ODD,
                   files=files | {"special_tokens_map.json": {key: value(plain)}})
    plain = {"tokenizer_class": "PreTrainedTokenizerFast"}
    for name, flags in (("false", {"special": False}), ("true", {"special": True}), ("absent", {}),
                        ("normalized", {"special": False, "normalized": True})):
        token = typed("[NEW]", lstrip=False, **flags)
        yield case(f"odd_special_{name}", "bert", plain | {"mask_token": token}, texts=ODD)
        yield case(f"odd_special_{name}_listed", "bert", plain | {"additional_special_tokens": [token]}, texts=ODD)
        yield case(f"odd_special_{name}_extra", "bert", plain | {"extra_special_tokens": {"x": token}}, texts=ODD)
        yield case(f"odd_special_{name}_map", "bert", plain, texts=ODD, files={"special_tokens_map.json": {
            "mask_token": {key: flag for key, flag in token.items() if key != "__type"}}})
        yield case(f"odd_special_{name}_vocab", None, bert | {"mask_token": token, "additional_special_tokens": [
            token | {"content": "<E>"}]}, files=vocab, texts=ODD)
    # The last of added_tokens.json stands for what the map's list ends with.
    yield case("odd_mistaken", "bert", bert, texts=ODD, files=files | {"special_tokens_map.json": {
        "mask_token": {"content": "<E>", "single_word": True}, "additional_special_tokens": ["foo", "<E>"]}})


def search_cases():
    """A content that is added in several forms: the form that was special first is looked for."""
    plain = {"tokenizer_class": "PreTrainedTokenizerFast"}
    yield case("odd_cls_of_mpnet", "bert", {"tokenizer_class": "MPNetTokenizer", "cls_token": "[NEW]", "sep_token": "<E>"}, texts=ODD)
    yield case("odd_cls_of_mvp", "bert", {"tokenizer_class": "MvpTokenizer", "cls_token": "[NEW]", "sep_token": "<E>"}, texts=ODD)
    forms = {"special": added("W"), "special_normalized": added("W", normalized=True), "classic": added("W", special=False),
             "classic_normalized": added("W", special=False, normalized=True, lstrip=True)}
    for first, earlier in forms.items():
        for second, later in forms.items():
            if first == second:
                continue
            yield case(f"odd_search_{first}_then_{second}", "bert", plain | {"added_tokens_decoder": decoder(i22=later)},
                       set={"/added_tokens": [earlier | {"id": 22}]}, texts=["a W w b", "WaW"])
            yield case(f"odd_search_{first}_with_{second}", "bert", plain | {
                "added_tokens_decoder": decoder(i22=earlier, i23=later)}, texts=["a W w b", "WaW"])
    # What a batch has added once it does not add again; the decoder's <pad> comes before the class's.
    yield case("odd_search_again", "bert", plain | {"added_tokens_decoder": decoder(
        i22=added("W", single_word=True), i23=added("W"))}, set={"/added_tokens": [added("W", id=22)]}, texts=["a W b", "WaW"])
    yield case("odd_search_class_again", "bert", {"tokenizer_class": "BigBirdTokenizer", "added_tokens_decoder": decoder(
        i22=added("<pad>", special=False, single_word=True))}, set={"/added_tokens": [added("<pad>", id=22)]},
        texts=["a <pad> b", "a<pad>a"])
    yield case("odd_search_file", "bert", plain, files={"added_tokens.json": {"W": 30}},
               set={"/added_tokens": [added("W", id=22)]}, texts=["a W w b", "WaW"])
    mask = ["hello <mask> a", " <mask> a", "a <mask>\t<MASK>"]
    bart = {"/added_tokens": [added("<mask>", id=4)], "/normalizer": {"type": "Lowercase"}}
    for name in ("BartTokenizer", "LEDTokenizer"):
        yield case("odd_mask_of_" + name, "roberta", {"tokenizer_class": name}, set=bart, texts=mask)
    yield case("odd_mask_of_nllb", "xlmr", {"tokenizer_class": "NllbTokenizer"}, texts=mask, set={
        "/added_tokens": [added("<s>", id=0), added("<mask>", id=20)], "/normalizer": {"type": "Lowercase"}})
    # Two contents with one normalized form; a new id that the vocabulary uses.
    yield case("odd_search_one_form", "bert", plain | {"added_tokens_decoder": decoder(
        i22=added("fOO", special=False, normalized=True), i23=added("FOO", normalized=True))}, texts=["foo FOO fOO"])
    yield case("odd_search_collision", "bert", plain | {"added_tokens_decoder": decoder(
        i22=added("[NEW]"), i23=added("far", lstrip=True))}, set={"/model/vocab/far": 23}, texts=["a [NEW] far [NEW]far"])
    yield case("odd_split_listed", "bert", {"tokenizer_class": "ElectraTokenizer", "split_special_tokens": True,
                                            "additional_special_tokens": ["W"]},
               set={"/added_tokens": [added("W", id=22, special=False, rstrip=True)]}, texts=["a W world", "WaW"])
    # The second [MASK] has the id that the next new token gets.
    twice = {"vocab.txt": "\n".join(BERT_WORDS + ["[MASK]"]) + "\n"}
    yield case("odd_vocab_twice", None, {"tokenizer_class": "DistilBertTokenizer", "additional_special_tokens": ["[NEW]"]},
               files=twice, texts=ODD)
    yield case("odd_vocab_twice_given", None, {"tokenizer_class": "DistilBertTokenizer", "added_tokens_decoder": decoder(
        i40=added("foo q", special=False, lstrip=True))}, files=twice, texts=ODD + ["a foo q"])
    clip = {"type": "Sequence", "pretokenizers": [{"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
                                                   "use_regex": True}]}
    yield case("odd_clip", "roberta", {"tokenizer_class": "CLIPTokenizer"},
               set={"/pre_tokenizer": clip, "/model/end_of_word_suffix": "</w>"},
               texts=["a <|startoftext|>", "<|endoftext|>hello <|endoftext|>"])


def padding_cases():
    padding = {"/padding": {"strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0,
                            "pad_type_id": 0, "pad_token": "[NEW]"}}
    for name in ("Llama", "Cohere", "CodeLlama", "GPT2", "CodeGen", "OpenAIGPT", "Whisper", "Reformer", "BlenderbotSmall",
                 "GPTNeoX", "Qwen2", "Gemma", "Bloom"):
        config = {"tokenizer_class": name + "Tokenizer", "bos_token": "<s>"}
        yield case("odd_padding_" + name, "llama", config, set=padding, texts=["a", "a[NEW]a"])
    llama = {"tokenizer_class": "LlamaTokenizer"}
    yield case("odd_padding_null", "llama", llama | {"pad_token": None}, set=padding, texts=["a[NEW]a"])
    yield case("odd_padding_named", "llama", llama | {"pad_token": "<unk>"}, set=padding, texts=["a[NEW]a"])


def model_cases():
    """SentencePiece alone: the Python code names the special tokens, in its own forms."""
    texts = ["hello [UNK] a", "a [PAD] <pad>", "a <unk> b", "hello[MASK] [SEP] a", "a <new>"]
    more = {"additional_special_tokens": ["<new>"]}
    for name, base, file in (("DebertaV2", "deberta", "spm.model"), ("BigBird", "albert", "spiece.model"),
                             ("RemBert", "albert", "sentencepiece.model"), ("Albert", "albert", "spiece.model"),
                             ("FNet", "albert", "spiece.model"), ("XLNet", "xlnet", "spiece.model"),
                             ("T5", "t5", "spiece.model"), ("Barthez", "barthez", "sentencepiece.bpe.model")):
        config = {"tokenizer_class": name + "Tokenizer"}
        for end, extra in (("", {}), ("_added", more), ("_named", {"unk_token": "<NEW>", "mask_token": typed("<m>", lstrip=True)})):
            yield case(f"odd_model_{name}{end}", None, config | extra, model=base, texts=texts, **{"as": file})
    # A file gives away ids of pieces, or special tokens are not among them.
    for name, base, file in (("Albert", "fairseq", "spiece.model"), ("Camembert", "deberta", "sentencepiece.bpe.model"),
                             ("DebertaV2", "fairseq", "spm.model"), ("MT5", "fairseq", "spiece.model")):
        config = {"tokenizer_class": name + "Tokenizer"}
        yield case(f"odd_ids_{name}", None, config, model=base, texts=["hello a"], **{"as": file})
        yield case(f"odd_ids_{name}_given", None, config | {"added_tokens_decoder": decoder(i9=added("<new>"))}, model=base,
                   texts=["hello a", "<new>a"], **{"as": file})


    camembert = {"tokenizer_class": "CamembertTokenizer"}
    for name, config in (("unk", {"unk_token": "<s>"}), ("pad", {"pad_token": "<s>"}), ("both", {
            "pad_token": "<e>", "unk_token": "hello"}), ("same", {"pad_token": "<e>", "unk_token": "<e>"})):
        for base in ("fairseq", "deberta"):
            yield case(f"odd_camembert_{name}_{base}", None, camembert | config, model=base, texts=["hello a"],
                       **{"as": "sentencepiece.bpe.model"})


def odd_cases():
    for cases in (null_cases, basic_cases, typed_cases, search_cases, padding_cases, model_cases):
        yield from cases()
