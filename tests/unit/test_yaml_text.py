"""YAML texts: reading, writing, and edits that keep comments where they belong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud_core.adapters.local.yaml_reading import MAX_BYTES, UnreadableText, file_text, read_text
from cloud_core.adapters.local.yaml_text import edit_text, write_text
from cloud_core.domain.errors import NotPermitted
from cloud_core.domain.manifest import AppendItems, Edit, RemoveKey, RenameKey, SetValue, apply_edits, differences

DOCUMENT = """\
# what this is
first:
  a: 1  # one
  # about the second

second:
  list:
  - x  # the x
  - y
  # after the list
  text: "quoted"

# about the third
third:
  flow: {q: 1, r: [2, 3]}  # flowing
  block: |
    line
      deeper
  # after the block
last: true
"""

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**37), 10**37)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)
documents = st.dictionaries(texts, values, min_size=1, max_size=4)


@settings(max_examples=40)
@given(documents, texts)
def test_what_is_written_reads_back_whatever_characters_it_holds(data: dict[str, Any], header: str) -> None:
    assert read_text(write_text(data, header), "x.yaml") == data


@settings(max_examples=40)
@given(documents, documents)
def test_edits_lead_from_one_document_to_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    edits = [difference.edit() for difference in differences(before, after)]
    for file, text in (("x.yaml", write_text(before)), ("x.json", edit_text("{}", "x.json", _whole(before)))):
        assert read_text(edit_text(text, file, edits), file) == after


def _whole(data: dict[str, Any]) -> list[Edit]:
    return [SetValue((key,), value) for key, value in data.items()]


@pytest.mark.parametrize("text", ["?0", "? 0", "?", "-", "- 0", ":0", "\x85", "#0", "!0", "&0", "*0", "%0", "@0", "`0"])
def test_a_text_that_begins_with_a_mark_of_yaml_stays_a_text(text: str) -> None:
    data = {text: text, "list": [text, {text: [[text]]}]}
    assert read_text(write_text(data), "x.yaml") == data


def test_no_edits_change_nothing() -> None:
    assert edit_text(DOCUMENT, "x.yaml", []) == DOCUMENT


@pytest.mark.parametrize(
    ("edit", "old", "new"),
    [
        (SetValue(("first", "a"), 2), "  a: 1  # one\n", "  a: 2  # one\n"),
        (SetValue(("second", "text"), "other"), 'text: "quoted"', 'text: "other"'),
        (
            SetValue(("first", "b"), [1, 2]),
            "  a: 1  # one\n  # about the second\n",
            "  a: 1  # one\n  b: [1, 2]\n  # about the second\n",
        ),
        (
            SetValue(("first", "new", "deep"), "x"),
            "  a: 1  # one\n  # about",
            "  a: 1  # one\n  new:\n    deep: x\n  # about",
        ),
        (AppendItems(("second", "list"), ("z",)), "  - y\n", "  - y\n  - z\n"),
        (SetValue(("second", "list"), ["z"]), "  list:\n  - x  # the x\n  - y\n", "  list: [z]\n"),
        (
            SetValue(("second", "more"), [{"k": 1}]),
            'text: "quoted"\n\n# about the third\n',
            'text: "quoted"\n  more:\n  - k: 1\n\n# about the third\n',
        ),
        (
            SetValue(("third", "end"), 1),
            "      deeper\n  # after the block\n",
            "      deeper\n  end: 1\n  # after the block\n",
        ),
        (SetValue(("third", "flow"), 1), "  flow: {q: 1, r: [2, 3]}  # flowing\n", "  flow: 1  # flowing\n"),
        (SetValue(("third", "flow", "s"), "t"), "r: [2, 3]}", "r: [2, 3], s: t}"),
        (RenameKey(("third", "flow"), "flux"), "  flow: {", "  flux: {"),
        (RenameKey(("first",), "erste"), "first:\n", "erste:\n"),
        (RemoveKey(("second", "text")), '  text: "quoted"\n', ""),
        (RemoveKey(("second", "list")), "  list:\n  - x  # the x\n  - y\n  # after the list\n", ""),
        (SetValue(("new",), {"k": [True, None]}), "last: true\n", "last: true\nnew:\n  k: [true, null]\n"),
    ],
)
def test_an_edit_changes_its_own_lines_alone(edit: Edit, old: str, new: str) -> None:
    assert DOCUMENT.count(old) == 1
    assert _unaligned(edit_text(DOCUMENT, "x.yaml", [edit])) == _unaligned(DOCUMENT.replace(old, new))


def _unaligned(text: str) -> str:
    """A comment behind a value may move along its line."""
    return re.sub(r"(\S) +#", r"\1 #", text)


def test_a_comment_behind_a_removed_last_key_stays() -> None:
    text = "a:\n  x: 1\n  y: 2  # two\n  # about b\nb: 1\n"
    assert edit_text(text, "x.yaml", [RemoveKey(("a", "y"))]) == "a:\n  x: 1\n  # about b\nb: 1\n"


def test_a_block_scalar_at_the_new_end_keeps_the_comments() -> None:
    text = "a:\n  x: |\n    t\n  y: 1\n  # about b\nb: 1\n"
    assert edit_text(text, "x.yaml", [RemoveKey(("a", "y"))]) == "a:\n  x: |\n    t\n  # about b\nb: 1\n"


def test_a_comment_that_meets_another_one_is_put_below_it() -> None:
    text = "a:\n  x: 1  # one\n  y: 2\n  # about b\nb: 1\n"
    assert edit_text(text, "x.yaml", [RemoveKey(("a", "y"))]) == "a:\n  x: 1  # one\n  # about b\nb: 1\n"


def test_an_emptied_section_stays_readable() -> None:
    text = "a:\n  x: 1  # one\n  # about b\nb: 1\n"
    assert read_text(edit_text(text, "x.yaml", [RemoveKey(("a", "x"))]), "x.yaml") == {"a": {}, "b": 1}


def test_the_indentation_of_the_file_is_kept() -> None:
    text = "a:\n    b:\n        # why\n      - 1\n      - 2\n    c: 1\n"
    assert edit_text(text, "x.yaml", [SetValue(("a", "c"), 2)]) == text.replace("c: 1", "c: 2")


def test_long_lines_are_not_folded() -> None:
    text = f"a: {'word ' * 60}end\nb: 1\n"
    assert edit_text(text, "x.yaml", [SetValue(("b",), 2)]) == text.replace("b: 1", "b: 2")


def test_json_stays_json() -> None:
    assert edit_text('{"a": {"b": 1}}', "m.json", [SetValue(("a", "ü"), 2)]) == (
        '{\n  "a": {\n    "b": 1,\n    "ü": 2\n  }\n}\n'
    )


def test_sections_are_apart_and_short_lists_in_one_line() -> None:
    data = {"a": {"l": [1, 2], "m": [{"k": []}]}, "b": {}}
    assert write_text(data, "Head\n\nmore") == ("# Head\n#\n# more\n\na:\n  l: [1, 2]\n  m:\n  - k: []\n\nb: {}\n")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 2025-11-03T08:15:00Z", "2025-11-03T08:15:00Z"),
        ("a: 2025-11-03", "2025-11-03"),
        ("a: yes", "yes"),
        ("a: 0o17", 15),
        ('a: "012345678901"', "012345678901"),
        ("x: &x {k: 1}\na:\n  <<: *x\n  l: 2", {"k": 1, "l": 2}),
        ("a: {8080: x, 1.5: y}", {"8080": "x", "1.5": "y"}),
    ],
)
def test_how_values_are_read(text: str, value: Any) -> None:
    assert read_text(text, "x.yaml")["a"] == value


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("a: 1\nb: [1,", 2, 7, "expected"),
        ("a: 1\na: 2", 2, 1, 'duplicate key "a"'),
        ("a: *nowhere", 1, 4, "undefined alias"),
        ("a: !thing 1", 1, 4, "!thing"),
        ("\ta: 1", 1, 1, "tab"),
        ("a: b: c", 1, 5, "not allowed"),
        ("a: 1\n---\nb: 2", 2, 1, "another document"),
        ("a: .nan", None, None, "nan is not a number"),
        ("a: -.inf", None, None, "is not a number"),
        ("? [1, 2]\n: 3", None, None, "is not a text"),
        ("? true\n: 3", None, None, "is not a text"),
        ('a: "\\uD800"', None, None, "surrogates"),
        ("a: \x01", None, None, "special characters"),
        ("a: !!binary aGVsbG8=", None, None, "type bytes"),
        ("a: !!set {x}", None, None, "type set"),
        ("a: &a [*a]", None, None, "too large"),
        ("[" * 3000, None, None, "nested too deeply"),
        ("a: !!bool x", None, None, "not what its tag or escape says"),
        ("a: !!int ''", None, None, "not what its tag or escape says"),
        ('a: "\\UFFFFFFFF"', None, None, "not what its tag or escape says"),
        ("1: a\n'1': b", None, None, "the key '1' stands there twice"),
        (f"a: {'9' * 39}", None, None, "more than 38 digits"),
        (f"a: -0x{'f' * 6000}", None, None, "more than 38 digits"),
        ("a: &a {<<: *a}", None, None, "nested too deeply"),
    ],
)
def test_what_can_not_be_read_is_named_with_its_place(
    text: str, line: int | None, column: int | None, says: str
) -> None:
    with pytest.raises(UnreadableText, match=r"^x\.yaml can't be read") as caught:
        read_text(text, "x.yaml")
    assert (caught.value.context["line"], caught.value.context["column"]) == (line, column)
    assert says in caught.value.message.replace("\\t", "tab")
    assert ("line" in caught.value.message) is (line is not None)


@pytest.mark.parametrize(("text", "line"), [('{"a": 1,}', 1), ('{"a": 1, "a": 2}', None), ('{\n"a"}', 2)])
def test_unreadable_json(text: str, line: int | None) -> None:
    with pytest.raises(UnreadableText) as caught:
        read_text(text, "m.json")
    assert caught.value.context["line"] == line


def test_aliases_can_not_blow_up_a_small_file() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    with pytest.raises(UnreadableText, match="too large"):
        read_text("\n".join(rows), "x.yaml")


def test_merge_keys_can_not_blow_up_a_small_file() -> None:
    rows = ["a0: &a0 {x: 1}"]
    rows += [f"a{n}: &a{n}\n  <<: [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 20)]
    with pytest.raises(UnreadableText, match="too large"):
        read_text("\n".join(rows), "x.yaml")


def test_a_file_that_no_record_could_hold_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(UnreadableText, match=r"x\.yaml can't be read: it is too large: at most 2048 KB"):
        file_text(path)


def test_what_the_file_system_refuses_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotPermitted, match=r"can't be read: Is a directory"):
        file_text(tmp_path)


def test_other_encodings_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes("ä: 1".encode("latin-1"))
    with pytest.raises(UnreadableText, match=r"x\.yaml can't be read: it is not UTF-8 text \(byte 0\)"):
        file_text(path)


def test_the_same_edits_on_plain_data_agree() -> None:
    edits: list[Edit] = [SetValue(("first", "b"), 1), RenameKey(("third", "flow"), "f"), RemoveKey(("last",))]
    plain = read_text(DOCUMENT, "x.yaml")
    apply_edits(plain, edits)
    assert read_text(edit_text(DOCUMENT, "x.yaml", edits), "x.yaml") == plain


ALIASES = """\
dev: &dev  # the first
  # inside
  region: eu-west-1
  tags: {a: b}
stage: *dev
prod:
  <<: *dev
  own: 1
"""


@pytest.mark.parametrize(
    "edit",
    [
        SetValue(("stage", "region"), "eu-west-2"),
        SetValue(("dev", "region"), "eu-west-2"),
        SetValue(("stage", "tags", "c"), "d"),
        SetValue(("prod", "tags", "c"), "d"),
        RemoveKey(("stage", "region")),
        RemoveKey(("prod", "region")),
        RemoveKey(("dev",)),
        RenameKey(("stage", "region"), "place"),
    ],
)
def test_an_edit_of_what_an_alias_shares_changes_one_place(edit: Edit) -> None:
    wanted = read_text(ALIASES, "x.yaml")
    apply_edits(wanted, [edit])
    assert read_text(edit_text(ALIASES, "x.yaml", [edit]), "x.yaml") == wanted


def test_an_edit_beside_an_alias_keeps_it() -> None:
    text = "a: &one  # why\n  x: 1\nb: *one\nc: 1\n"
    assert "b: *one" in edit_text(text, "x.yaml", [SetValue(("c",), 2)])
    assert "# why" in edit_text(text, "x.yaml", [SetValue(("b", "x"), 2)])


@pytest.mark.parametrize("value", [{}, [], [1], "text", {"y": 1}])
def test_comments_above_the_first_key_of_a_replaced_block_are_no_obstacle(value: Any) -> None:
    text = "a:\n  b:\n    # why x\n    x: 1\n# about c\nc: 1\n"
    edited = edit_text(text, "x.yaml", [SetValue(("a", "b"), value)])
    assert read_text(edited, "x.yaml") == {"a": {"b": value}, "c": 1}
    assert "# about c\nc: 1\n" in edited
    emptied = edit_text(text, "x.yaml", [RemoveKey(("a", "b", "x"))])
    assert read_text(emptied, "x.yaml") == {"a": {"b": {}}, "c": 1}


def test_a_key_that_is_written_as_a_number_can_be_edited() -> None:
    edited = edit_text("a:\n  80: {x: 1}\n", "x.yaml", [SetValue(("a", "80", "x"), 2)])
    assert read_text(edited, "x.yaml") == {"a": {"80": {"x": 2}}}


@pytest.mark.parametrize("file", ["x.yaml", "x.json"])
def test_the_line_breaks_of_the_file_are_kept(file: str, tmp_path: Path) -> None:
    path = tmp_path / file
    path.write_bytes(b'{"a": 1,\r\n"b": 2}\r\n')
    edited = edit_text(file_text(path), file, [SetValue(("a",), 2)])
    assert edited.count("\r\n") == edited.count("\n") > 0
    assert read_text(edited, file) == {"a": 2, "b": 2}
