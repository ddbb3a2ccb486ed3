"""What a person types to connect: made clean, or told what is odd about it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfclient.desk import Desk, Draft
from kfclient.desk.errors import WrongValue
from kfclient.desk.model.draft import clean_endpoint, clean_key, key_problem
from kfclient.sandbox import Sandbox


class TestWhatIsTyped:
    @pytest.mark.parametrize(
        "typed",
        ["1234ABCD-12EF", " 1234abcd-12ef\r\n", "1234 ABCD - 12EF", "1234ABCD\u201312ef\u200b"],
    )
    def test_a_pasted_key_is_made_clean(self, typed: str) -> None:
        assert clean_key(typed) == "1234ABCD-12EF"
        assert key_problem(typed) == ""

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("", "missing"),
            ("   ", "missing"),
            ("1234ABCD1234", "one dash"),
            ("1234-ABCD-1234", "one dash"),
            ("123ABCD-1234", "there are 7"),
            ("1234ABCD-12345", "there are 5"),
            ("1234ABCG-1234", "A-F"),
        ],
    )
    def test_what_is_odd_about_a_key_is_said(self, typed: str, said: str) -> None:
        assert said in key_problem(typed)

    @given(st.text(max_size=20))
    def test_no_text_breaks_the_check_of_a_key_and_no_key_is_repeated(self, typed: str) -> None:
        problem = key_problem(typed)
        assert clean_key(clean_key(typed)) == clean_key(typed)
        assert len(clean_key(typed)) < 3 or clean_key(typed) not in problem

    @pytest.mark.parametrize(
        ("typed", "clean"),
        [
            ("securedwebapp.com", "https://securedwebapp.com/api/service.asmx"),
            (
                " HTTPS://SecuredWebApp.com/api/service.asmx?WSDL\n",
                "https://securedwebapp.com/api/service.asmx",
            ),
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000/api/service.asmx"),
            ("http://[::1]:8000/x.asmx", "http://[::1]:8000/x.asmx"),
            ("http://localhost:1/", "http://localhost:1/api/service.asmx"),
        ],
    )
    def test_an_address_is_made_clean(self, typed: str, clean: str) -> None:
        assert clean_endpoint(typed) == clean
        assert clean_endpoint(clean) == clean

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            "http://books.example/api/service.asmx",
            "http://127.0.0.1.evil.example/",
            "https://me:secret@books.example/",
            "https://books.example:99999/",
            "ftp://books.example/",
            "https://",
            "file:///etc/passwd",
        ],
    )
    def test_an_address_that_would_give_the_password_away_is_refused(self, typed: str) -> None:
        with pytest.raises(WrongValue) as refused:
            clean_endpoint(typed)
        assert "secret" not in refused.value.sentence
        assert refused.value.cure

    @given(st.text(max_size=40))
    def test_no_text_breaks_the_check_of_an_address(self, typed: str) -> None:
        try:
            clean = clean_endpoint(typed)
        except WrongValue:
            return
        assert clean.startswith(("https://", "http://"))

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("username", "  "),
            ("password", ""),
            ("autoauth_key", "1234"),
            ("endpoint", "http://books.example"),
            ("software", "abacus"),
        ],
    )
    def test_a_draft_with_a_hole_asks_nobody(
        self, desk: Desk, business: str, draft: Draft, sandbox: Sandbox, field: str, value: str
    ) -> None:
        typed = {"endpoint": "", field: value} if field == "software" else {field: value}
        wrong = msgspec.structs.replace(draft, **typed)
        with pytest.raises(WrongValue):
            desk.connecting.connect(business, wrong)
        assert not sandbox.account.calls

    def test_a_draft_shows_neither_the_password_nor_the_key(self, draft: Draft) -> None:
        for shown in (repr(draft), str(draft), f"{draft.__rich_repr__()}", f"{[draft]}"):
            assert draft.password not in shown
            assert draft.autoauth_key not in shown
