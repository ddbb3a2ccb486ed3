"""Plain text tables: they fit, they line up, they cut only what may be cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.commands.output import TextColumn, cells_wide, table

COLUMNS = (
    TextColumn("Item", right=True),
    TextColumn("Contact", gives=True),
    TextColumn("Note", gives=True),
    TextColumn("Total", right=True),
)


def test_amounts_line_up_on_the_point() -> None:
    rows = [("1", "A", "x", "£9.50"), ("10", "B", "x", "-EUR 1,234.50")]
    lines = table(COLUMNS, rows)[1:]
    assert {line.rindex(".") for line in lines} == {lines[0].rindex(".")}


def test_an_empty_column_is_left_out() -> None:
    assert "Note" not in table(COLUMNS, [("1", "A", "", "£9.50")])[0]


def test_only_what_gives_way_is_cut() -> None:
    text = "\n".join(
        table(COLUMNS, [("1", "Harrow & Finch Solicitors", "short", "£900.00")], room=40)
    )
    assert "Harrow & F" in text
    assert "…" in text
    assert "£900.00" in text
    assert max(cells_wide(line) for line in text.splitlines()) <= 40


def test_wide_letters_count_twice_and_marks_not_at_all() -> None:
    assert cells_wide("日本") == 4
    assert cells_wide("e\u0301") == 1


@given(
    rows=st.lists(
        st.tuples(st.just("1"), st.text(max_size=60), st.text(max_size=60), st.just("£1.00")),
        min_size=1,
        max_size=5,
    ),
    room=st.integers(min_value=40, max_value=120),
)
def test_whatever_the_names_a_row_is_one_line_that_fits(
    rows: list[tuple[str, str, str, str]], room: int
) -> None:
    lines = table(COLUMNS, rows, room)
    assert len(lines) == len(rows) + 1
    assert max(cells_wide(line) for line in lines) <= room
    assert all(line.isprintable() for line in lines)
