"""The command `vetor` of the Python package (also `python -m vetor`).

Everything is done by the command in C++ that the package brings. Only Parquet is read and written here, through pyarrow:

    vetor embed --input events.parquet --output vectors.parquet --field name --model models/all-MiniLM-L6-v2

The output has all columns of the input and one more, `embedding` (--into names another): a fixed-size list of float32,
null where the text is null.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from vetor._runtime import default_library


def packaged_command() -> str:
    """The path of the command in C++."""
    return str(Path(__file__).parent / "bin" / "vetor")


def environment() -> dict[str, str]:
    """This process's environment, and the path of the packaged ONNX Runtime."""
    variables = dict(os.environ)
    library = default_library()
    if library:
        variables["VETOR_ONNXRUNTIME"] = library
    return variables


def main() -> int:
    """Runs the command with this process's arguments. If it returns, it returns the exit code: 0, 1 or 2."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["embed"] and any(argument.endswith(".parquet") for argument in arguments):
        from vetor._parquet import embed_parquet

        return embed_parquet(arguments[1:], [packaged_command(), "embed"], environment())
    command = packaged_command()
    try:
        os.execve(command, ["vetor", *arguments], environment())
    except OSError as error:
        print(f"vetor: error: cannot start the command {command}: {error.strerror}; install the package vetor again", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
