"""The part of a page that a benchmark writes: what stands between two marks."""


def write_section(path, begin, end, text):
    """Puts `text` in the place of what stands between the marks, which stay. `path` is a pathlib.Path."""
    page = path.read_text(encoding="utf-8")
    if begin not in page or end not in page:
        raise SystemExit(f"{path} has no place for the table: {begin} ... {end}")
    head, rest = page.split(begin, 1)
    path.write_text(f"{head}{begin}\n{text}\n{end}{rest.split(end, 1)[1]}", encoding="utf-8")
