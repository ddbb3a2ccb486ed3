"""Our WSDL says word for word what KashFlow's own says about the operations we use."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from lxml import etree

VENDOR = Path(__file__).parents[2].parent / "shared" / "kashflow" / "vendor-2017.wsdl"

XSD = "{http://www.w3.org/2001/XMLSchema}"
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"

OURS = etree.fromstring(resources.files("kfclient.api").joinpath("kashflow.wsdl").read_bytes())


@pytest.fixture(scope="module")
def vendor() -> etree._Element:
    if not VENDOR.exists():
        pytest.skip(f"KashFlow's own WSDL is not at {VENDOR}: THE CONTRACT IS NOT CHECKED")
    return etree.parse(str(VENDOR)).getroot()


def named(wsdl: etree._Element, path: str) -> dict[str, etree._Element]:
    return {str(element.get("name")): element for element in wsdl.findall(path)}


def attributes(element: etree._Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.items()}


def content(element: etree._Element) -> list[dict[str, str]]:
    """Return the fields of an element or a type: every attribute of each, in order."""
    return [attributes(field) for field in element.iter(f"{XSD}element") if field is not element]


def operations(wsdl: etree._Element) -> dict[str, tuple[str, str, dict[str, str], str]]:
    """Return what each operation of the SOAP 1.1 port takes, gives, and how it travels."""
    elements = {
        name: str(message[0].get("element"))
        for name, message in named(wsdl, f"{WSDL}message").items()
    }
    port = wsdl.find(f"{WSDL}portType[@name='KashFlowAPISoap']")
    binding = wsdl.find(f"{WSDL}binding[@name='KashFlowAPISoap']")
    assert port is not None
    assert binding is not None
    bound = {str(one.get("name")): one for one in binding.findall(f"{WSDL}operation")}
    found = {}
    for operation in port.findall(f"{WSDL}operation"):
        name = str(operation.get("name"))
        ends = [
            elements[str(end.get("message")).removeprefix("tns:")]
            for kind in ("input", "output")
            for end in operation.findall(f"{WSDL}{kind}")
        ]
        action = bound[name].find(f"{SOAP}operation")
        assert action is not None
        uses = {str(body.get("use")) for body in bound[name].iter(f"{SOAP}body")}
        found[name] = (ends[0], ends[1], attributes(action), ",".join(uses))
    return found


def parts(wsdl: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    for kind in ("element", "complexType"):
        for name, element in named(wsdl, f"{WSDL}types/{XSD}schema/{XSD}{kind}").items():
            yield f"{kind} {name}", element


@pytest.mark.parametrize("name", sorted(operations(OURS)))
def test_an_operation_travels_as_kashflow_says(name: str, vendor: etree._Element) -> None:
    assert operations(OURS)[name] == operations(vendor)[name]


@pytest.mark.parametrize("name", [name for name, _ in parts(OURS)])
def test_a_message_or_type_is_kashflows_to_the_letter(name: str, vendor: etree._Element) -> None:
    assert content(dict(parts(OURS))[name]) == content(dict(parts(vendor))[name])


def test_namespaces_and_the_address_are_kashflows(vendor: etree._Element) -> None:
    for wsdl in (OURS, vendor):
        assert wsdl.get("targetNamespace") == "KashFlow"
        schema = wsdl.find(f"{WSDL}types/{XSD}schema")
        assert schema is not None
        assert attributes(schema) == {
            "elementFormDefault": "qualified",
            "targetNamespace": "KashFlow",
        }
        address = wsdl.find(f"{WSDL}service/{WSDL}port[@name='KashFlowAPISoap']/{SOAP}address")
        assert address is not None
        assert address.get("location") == "https://securedwebapp.com/api/service.asmx"


def test_nothing_is_in_our_wsdl_that_nobody_uses() -> None:
    import inspect

    from kfclient.api import lists, purchases, sales

    used = "".join(inspect.getsource(module) for module in (lists, purchases, sales))
    assert [name for name in operations(OURS) if f'"{name}"' not in used] == []


def test_every_record_field_is_a_field_of_kashflows(vendor: etree._Element) -> None:
    import msgspec

    from kfclient.api import records

    names = {"VATRate": "BasicDataset", "Currency": "Currencies"}
    names |= {"NominalCode": "NominalCodeExtended"}
    types = named(vendor, f"{WSDL}types/{XSD}schema/{XSD}complexType")
    for kind in records.Record.__subclasses__():
        theirs = {
            field["name"] for field in content(types[names.get(kind.__name__, kind.__name__)])
        }
        assert {field.encode_name for field in msgspec.structs.fields(kind)} <= theirs, kind
