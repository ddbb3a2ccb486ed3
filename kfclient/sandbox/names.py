"""Suppliers and customers for new books: a few named ones, then as many as are asked for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import count, islice

from kfclient.sandbox.schema import Record

SUPPLIERS = (
    "Quillon Print Works",
    "Pennine Water",
    "Northgate Energy",
    "Tern Telecom",
    "Kestrel Car Hire",
    "Brightwell Stationers",
    "Harrow & Finch Solicitors",
)

CUSTOMERS = (
    "Ashby Theatre Trust",
    "Borrowdale Bakery",
    "Café Léon",
    "Dunmore School",
    "Elm & Ivy Florists",
    "Fairweather Chandlery",
    "Greystone Dental Practice",
    "Hollin Hill Farm Shop",
)

# fmt: off
_PLACES = (
    "Alderley", "Ambleside", "Bampton", "Beverley", "Bickerstaffe", "Brampton", "Calder",
    "Cartmel", "Cawood", "Clitheroe", "Coniston", "Cromford", "Dalton", "Dent", "Driffield",
    "Easingwold", "Elland", "Esk", "Filey", "Garstang", "Gisburn", "Goathland", "Grassington",
    "Halifax", "Harewood", "Hawes", "Hebden", "Helmsley", "Heversham", "Hornsea", "Ilkley",
    "Keld", "Kendal", "Keswick", "Kirkby", "Langdale", "Leyburn", "Malham", "Malton",
    "Masham", "Nidd", "Northallerton", "Otley", "Pickering", "Pocklington", "Reeth", "Ribble",
    "Richmond", "Ripon", "Rydal", "Saltaire", "Sedbergh", "Selby", "Settle", "Skipton",
    "Staithes", "Swale", "Tadcaster", "Thirsk", "Ullswater", "Wensley", "Wetherby", "Wharram",
    "Yarm",
)
_TRADES = (
    "Joinery", "Plumbing", "Electrical", "Roofing", "Glazing", "Timber", "Steel", "Packaging",
    "Catering", "Textiles", "Ceramics", "Fencing", "Haulage", "Motors", "Tyres", "Tools",
    "Fixings", "Lighting", "Flooring", "Paints", "Signs", "Software", "Computing", "Security",
    "Cleaning", "Laundry", "Farms", "Dairy", "Seeds", "Gardens", "Marine", "Optical",
    "Dental", "Veterinary", "Surveyors", "Architects", "Design", "Media", "Travel",
    "Training",
)
# fmt: on
_ENDINGS = ("Ltd", "& Sons", "Supplies", "Services", "Group", "& Co", "Partners", "Works", "Direct")


def suppliers(number: int) -> Iterator[Record]:
    """Yield `number` suppliers, the named ones first, without ids and dates."""
    codes = _Codes()
    for place, name in enumerate(islice(_names(SUPPLIERS), number)):
        yield {
            **_party(place, name, codes),
            "PostCode": _postcode(place),
            "PaymentTerms": (30, 14, 30, 7)[place % 4],
        }


def customers(number: int) -> Iterator[Record]:
    """Yield `number` customers, the named ones first, without ids and dates."""
    codes = _Codes()
    for place, name in enumerate(islice(_names(CUSTOMERS), number)):
        yield {
            **_party(place, name, codes),
            "Postcode": _postcode(place),
            "CountryName": "United Kingdom",
            "CountryCode": "GB",
            "PaymentTerms": 30,
        }


def code_stem(name: str) -> str:
    """Return what an automatic code starts with: four letters or digits of the name, upper case."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(c for c in plain if c.isascii() and c.isalnum())[:4].upper() or "CODE"


class _Codes:
    """Hands out codes as the vendor's importer does: RICH01, RICH02, ..."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}

    def next(self, name: str) -> str:
        stem = code_stem(name)
        number = self._given[stem] = self._given.get(stem, 0) + 1
        return f"{stem}{number:02d}"


def _names(named: tuple[str, ...]) -> Iterator[str]:
    yield from named
    for number in count():
        rest, place = divmod(number, len(_PLACES))
        rest, trade = divmod(rest, len(_TRADES))
        branch, ending = divmod(rest, len(_ENDINGS))
        # Stepping the trade with the place makes neighbours in the list differ in both.
        words = [_PLACES[place], _TRADES[(trade + place) % len(_TRADES)], _ENDINGS[ending]]
        yield " ".join(words if branch == 0 else [*words, str(branch + 1)])


def _party(place: int, name: str, codes: _Codes) -> Record:
    domain = "".join(
        c for c in unicodedata.normalize("NFKD", name).lower() if c.isascii() and c.isalnum()
    )
    return {
        "Code": codes.next(name),
        "Name": name,
        "Email": f"accounts@{domain}.example",
        # 01632 is a dialling code that Ofcom keeps for fiction.
        "Telephone": f"01632 {960000 + place % 1000}",
        "Address1": f"{1 + place % 180} {_PLACES[(place * 7) % len(_PLACES)]} Road",
        "Address2": _PLACES[(place * 11) % len(_PLACES)],
    }


def _postcode(place: int) -> str:
    return f"YO{1 + place % 60} {1 + place % 9}{'ABDEFGHJLN'[place % 10]}{'PQRSTUWXYZ'[place % 7]}"
