"""Folders of single classes whose files leave something out or name it otherwise, for make_folder_cases.py."""
from folder_bases import BERT_WORDS
from folder_case import added, case, decoder


def t5_cases():
    """T5's SentencePiece model alone: without </s>, and with lists that leave <extra_id_N> out."""
    texts = ["hello a", "a <extra_id_0> b<extra_id_99>", "<e>hello </s> a", "a <unk> <pad> <extra_id_2>"]
    for name in ("T5Tokenizer", "MT5Tokenizer"):
        for base in ("t5", "t5_without_end"):
            def model(end, config):
                return case(f"odd_extra_{name}_{base}_{end}", None, {"tokenizer_class": name} | config, model=base, texts=texts,
                            **{"as": "spiece.model"})

            more = {"additional_special_tokens": ["<e>"]}
            yield model("plain", {})
            yield model("end", {"eos_token": "<e>"})
            yield model("end_listed", {"eos_token": "<e>"} | more)
            yield model("given", {"added_tokens_decoder": decoder(i7=added("</s>"))})
            yield model("listed", more)
            yield model("listed_few", more | {"extra_ids": 3})
            yield model("listed_none", more | {"extra_ids": 0})
            yield model("listed_empty", {"additional_special_tokens": [], "extra_ids": 3})
            yield model("listed_all", {"additional_special_tokens": ["<e>", "<extra_id_0>", "<extra_id_1>"], "extra_ids": 2})
            yield model("listed_some", {"additional_special_tokens": ["<extra_id_1>", "<e>"], "extra_ids": 0})
            yield model("listed_null", {"additional_special_tokens": None, "extra_ids": 3})
            yield model("few", {"extra_ids": 3})
            yield model("prefix", {"add_prefix_space": False, "legacy": False} | more)
        for end, config in (("listed", {"additional_special_tokens": ["<e>"]}), ("end", {"eos_token": "<e>"}),
                            ("listed_few", {"additional_special_tokens": ["<e>"], "extra_ids": 3})):
            yield case(f"odd_extra_{name}_json_{end}", "t5", {"tokenizer_class": name} | config, texts=texts)


def prefix_cases():
    """BlenderbotSmall hands add_prefix_space to no one."""
    for name in ("BlenderbotSmallTokenizer", "BlenderbotTokenizer", "CodeGenTokenizer", "WhisperTokenizer",
                 "OpenAIGPTTokenizer", "Qwen2Tokenizer", "DebertaTokenizer", "GPTNeoXTokenizer", "LEDTokenizer",
                 "MvpTokenizer", "ReformerTokenizer", "BigBirdTokenizer"):
        for flag in (True, False):
            yield case(f"odd_prefix_{name}_{flag}", "roberta", {"tokenizer_class": name, "add_prefix_space": flag},
                       set={"/pre_tokenizer/add_prefix_space": not flag}, texts=["hello", "a hello"])


def again_cases():
    """A token that has lost its id to one of the vocabulary, added once more by another file."""
    plain = {"tokenizer_class": "PreTrainedTokenizerFast"}
    far = {"/model/vocab/far": 23}
    texts = ["a [NEW] far q[NEW]q", "[NEW]a <e> afar"]
    lost = [added("[NEW]", id=23), added("far", id=23, single_word=True), added("<e>", id=24)]
    for end, config in (("not", {}), ("named", {"mask_token": "[NEW]"}), ("listed", {"additional_special_tokens": ["[NEW]"]}),
                        ("decoder", {"added_tokens_decoder": decoder(i23=added("[NEW]"))}),
                        ("decoder_other", {"added_tokens_decoder": decoder(i23=added("[NEW]", rstrip=True))}),
                        ("decoder_both", {"added_tokens_decoder": decoder(i23=added("[NEW]"), i24=added("far"))}),
                        ("decoder_twice", {"added_tokens_decoder": decoder(i23=added("[NEW]"), i24=added("far"), i25=added("[NEW]"))}),
                        ("decoder_back", {"added_tokens_decoder": decoder(i23=added("far", single_word=True), i24=added("[NEW]"))})):
        yield case(f"odd_lost_{end}", "bert", plain | config, set=far | {"/added_tokens": lost}, texts=texts)
    yield case("odd_lost_file", "bert", plain, set=far | {"/added_tokens": lost}, texts=texts,
               files={"added_tokens.json": {"[NEW]": 30}})


def name_cases():
    """Classes with special tokens under names of their own."""
    texts = ["a \u2581<PRE> b\u2581<MID>", "<e>a <P> \u2581<EOT>", "<M>hello \u2581<SUF>", "hello"]
    llama = {"tokenizer_class": "CodeLlamaTokenizer"}
    for end, config in (("prefix", {"prefix_token": "<P>"}), ("middle", {"middle_token": "<M>", "suffix_token": "<P>"}),
                        ("null", {"prefix_token": None, "eot_token": None}), ("listed", {
                            "prefix_token": "<P>", "additional_special_tokens": ["<e>"]}),
                        ("same", {"prefix_token": "<P>", "middle_token": "<P>"}), ("known", {"prefix_token": "hello"}),
                        ("typed", {"prefix_token": {"__type": "AddedToken", "content": "<P>", "lstrip": True, "rstrip": True,
                                                    "normalized": False, "single_word": False, "special": True}})):
        yield case(f"odd_code_llama_{end}", "llama", llama | config, texts=texts)
    splinter = {"tokenizer_class": "SplinterTokenizer", "padding_side": "left"}
    few = ["a [QUESTION] . b", "hello world"]
    yield case("odd_splinter_left", "bert", splinter, texts=few)
    yield case("odd_splinter_left_vocab", None, splinter, texts=few,
               files={"vocab.txt": "\n".join(BERT_WORDS + ["[QUESTION]", "."]) + "\n"})
    pegasus = ["a <unk_2> b", "<mask_1><mask_2>c </s>", "<e> hello <pad>"]
    for key in ("mask_token", "mask_token_sent"):
        yield case(f"odd_pegasus_{key}", "t5", {"tokenizer_class": "PegasusTokenizer", key: "<e>"}, texts=pegasus)


def class_cases():
    for cases in (t5_cases, prefix_cases, again_cases, name_cases):
        yield from cases()
