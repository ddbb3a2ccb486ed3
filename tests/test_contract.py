"""The vendor's contract as the tests have it is the vendor's, to the letter."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract import FACTS, exact_contract, laid_out, vendor_wsdl

WSDL = Path(__file__).parents[2] / "shared" / "kashflow" / "vendor-2017.wsdl"


@pytest.mark.skipif(not WSDL.is_file(), reason=f"NOT COMPARED with KashFlow's own: no {WSDL.name}")
def test_the_facts_are_all_that_kashflows_own_wsdl_says() -> None:
    assert laid_out(exact_contract(WSDL.read_bytes())) == FACTS.read_text(encoding="utf-8")


def test_a_wsdl_made_of_the_facts_says_them_all() -> None:
    assert laid_out(exact_contract(vendor_wsdl())) == FACTS.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('minOccurs="0" maxOccurs="1" name="Code"', 'minOccurs="0" maxOccurs="2" name="Code"'),
        ('name="Code" type="s:string"', 'name="Code" type="s:string" nillable="true"'),
        ('name="Code" type="s:string"', 'name="Code" type="s:string" default="A"'),
        ("</s:schema>", '<s:simpleType name="Kind"><s:list itemType="s:int"/></s:simpleType>'),
        ('<s:complexType name="Supplier">', '<s:complexType name="Supplier" abstract="true">'),
        ('part name="parameters" element="tns:GetVATRates"', 'part name="x" type="s:int"'),
        ('soap12:operation soapAction="KashFlow/', 'soap12:operation soapAction="KashFlow12/'),
        ('use="literal"', 'use="encoded"'),
        ('elementFormDefault="qualified"', 'elementFormDefault="unqualified"'),
    ],
)
def test_what_the_facts_cannot_hold_is_refused(old: str, new: str) -> None:
    wsdl = vendor_wsdl().decode()
    assert old in wsdl
    spoilt = wsdl.replace(old, new + old if old.startswith("</") else new)
    with pytest.raises(ValueError, match="the facts"):
        exact_contract(spoilt.encode())
