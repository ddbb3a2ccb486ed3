"""A document's number is known however it is written, and no other number is taken for it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kfclient.desk.items.duplicate_match import alike, reference_key, tells_apart


@pytest.mark.parametrize(
    "writings",
    [
        ("INV-0102", "inv 102", "Inv.No 102", "102", "#102", "Invoice number: 0102", "INV0102"),
        ("KES-67883", "KES67883", "kes 67883", "Kes/67883", "Ref. KES-67883"),
        ("2024-01", "2024/01", "2024 1", "Inv 2024.01"),
        ("A/12/B", "a-12-b", "A12B"),
    ],
)
def test_one_number_is_one_however_it_is_written(writings: tuple[str, ...]) -> None:
    assert len({reference_key(text) for text in writings}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("102", "1020"), ("102", "10"), ("2024-01", "2024-02"), ("2024-01", "20241"),
        ("INV 5", "CN 5"), ("A-1", "B-1"), ("1-23", "12-3"), ("Zoe 1", "Zoë 1"),
    ],
)  # fmt: skip
def test_other_numbers_are_others(one: str, other: str) -> None:
    assert reference_key(one) != reference_key(other)


@pytest.mark.parametrize("text", ["", "   ", "-", "#", "***"])
def test_a_text_without_letters_or_figures_is_no_reference(text: str) -> None:
    assert reference_key(text) == ""


@given(st.text())
@example("İnv 0٣")
@example("inv inv 007")
def test_what_was_normalised_stays_as_it_is(text: str) -> None:
    key = reference_key(text)
    assert reference_key(key) == key


@given(
    st.text("abcdefgh", max_size=4),
    st.integers(1, 10**6),
    st.sampled_from(["", "Inv ", "INVOICE NO. ", "#", "ref: "]),
    st.sampled_from(["", "-", " ", "/", "."]),
    st.integers(0, 4),
)
def test_dressing_changes_no_number(
    letters: str, number: int, before: str, between: str, noughts: int
) -> None:
    written = f"{before}{letters.upper()}{between}{'0' * noughts}{number}"
    assert reference_key(written) == reference_key(f"{letters}{number}")


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_two_figures_are_two_references(one: int, other: int) -> None:
    assert (reference_key(str(one)) == reference_key(str(other))) is (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("PEN-1O2", "PEN-102"),  # a letter read for a figure
        ("PEN-8123", "PEN-8213"),  # two figures that changed places
        ("67883", "KES-67883"),  # the letters left out
        ("2024-1", "20241"),  # figures run together
        ("1011", "1011A"),  # a mark behind the number
        ("1011", "1011/R"),
        ("1011", "1011 (2)"),
        ("INV-12", "INV-12 COPY"),
        ("PEN-1011", "PEN 1011 v2"),
        ("1011", "1011 (revised)"),
    ],
)
def test_a_slip_of_the_eye_or_the_hand_is_noticed(one: str, other: str) -> None:
    first, second = reference_key(one), reference_key(other)
    assert alike(first, second)
    assert alike(second, first)


@pytest.mark.parametrize(
    ("one", "other"),
    [("102", "1020"), ("102", "103"), ("2024-01", "2024-02"), ("12", "A-12"), ("", ""),
     ("2024-67883", "67883"), ("5", "5"), ("12", "12A"), ("1011A", "1011B"),
     ("1011", "1011-2"), ("1011", "1011 AB"), ("Rent", "Rent A")],
)  # fmt: skip
def test_the_next_number_is_no_slip(one: str, other: str) -> None:
    assert not alike(reference_key(one), reference_key(other))


@given(st.text("ab01-", max_size=8), st.text("ab01-", max_size=8))
def test_alike_goes_both_ways(one: str, other: str) -> None:
    first, second = reference_key(one), reference_key(other)
    assert alike(first, second) is alike(second, first)


def test_words_alone_tell_no_documents_apart() -> None:
    assert not tells_apart(reference_key("Rent"))
    assert tells_apart(reference_key("Rent 5"))
