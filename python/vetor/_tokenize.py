"""A model's tokenizer by itself. Needs no ONNX Runtime."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vetor import _native
from vetor._checks import flag, id_lists, path_of, text, whole


class Tokenizer:
    """Text to token ids and back, exactly as transformers 4.57 gives them for the same folder. Thread-safe.

    path: a model folder, a tokenizer.json, a vocab.txt, or a SentencePiece .model; the configuration files beside it
    count as transformers lets them. Raises NotFound, InvalidArgument or DataLoss for a file, Unimplemented (naming it)
    for a component or class that vetor does not have. Where transformers 5 gives other ids, the log has one warning;
    where it only may, `vetor doctor` says so.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._native = _native.Tokenizer(path_of("path", path))

    def encode(
        self, texts: Sequence[str], *, max_length: int | None = None, add_special_tokens: bool = True
    ) -> list[NDArray[np.int64]]:
        """One int64 array of ids per text. max_length: tokens, special ones included; longer texts are cut. None: the
        model's maximum (no bound for a tokenizer file alone). 0: no bound. Raises TypeError (not a list of str),
        InvalidArgument."""
        limit = self.max_length if max_length is None else whole("max_length", max_length, 0, 2**64 - 1)
        return self._native.encode(texts, limit, flag("add_special_tokens", add_special_tokens))

    def decode(self, ids: Iterable[Iterable[int] | NDArray[Any]], *, skip_special_tokens: bool = True) -> list[str]:
        """One text per list of ids, as the `decode_batch` of Hugging Face's tokenizers gives it: what the normalizer changed
        stays changed. skip_special_tokens: leave out [CLS], </s> and their kin. Raises TypeError (not a list of lists of
        int), InvalidArgument (an id that no token has, with its place and the size of the vocabulary), Unimplemented (a
        decoder that vetor does not have)."""
        return self._native.decode(id_lists("ids", ids), flag("skip_special_tokens", skip_special_tokens))

    def token_to_id(self, token: str) -> int | None:
        """The id of a token, or None."""
        return self._native.token_to_id(text("token", token))

    def id_to_token(self, id: int) -> str:
        """The token of an id; "" if there is none."""
        if not 0 <= whole("id", id, -(2**127), 2**127) < 2**63:
            return ""
        return self._native.id_to_token(id)

    @property
    def max_length(self) -> int:
        """The model's maximum in tokens; 0: none is known, or it takes any length (a static model)."""
        return self._native.max_length

    @property
    def vocabulary_size(self) -> int:
        """Number of tokens, added tokens included."""
        return self._native.vocabulary_size


def tokenize(
    texts: Sequence[str],
    model: str | os.PathLike[str],
    *,
    max_length: int | None = None,
    add_special_tokens: bool = True,
) -> list[NDArray[np.int64]]:
    """`Tokenizer(model).encode(texts, ...)`: for one call. Keep a Tokenizer for several, since loading takes 0.1 s."""
    return Tokenizer(model).encode(texts, max_length=max_length, add_special_tokens=add_special_tokens)
