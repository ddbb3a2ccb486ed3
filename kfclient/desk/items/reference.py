"""What is known of a business's books without asking KashFlow: its synced lists, indexed.

`ReferenceData` is built once for every sync and kept by `ReferenceCache`; checking and planning
read it, and change nothing. Also here: finding a record by code or name, VAT by percentage, and
contacts that are in KashFlow twice.
"""

from __future__ import annotations

import datetime as dt
import re
import threading
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from kfclient.api.records import (
    BankAccount,
    Currency,
    Customer,
    NominalCode,
    PaymentMethod,
    Project,
    Supplier,
    VATRate,
)
from kfclient.desk.model.business import Settings
from kfclient.desk.model.item import Finding, Item, ItemLine, Kind
from kfclient.desk.model.list_names import ListName
from kfclient.desk.model.settings import NOT_APPLICABLE
from kfclient.desk.model.sides import PURCHASES, SALES, Side, side_of
from kfclient.money import PENNY, ZERO, pennies

if TYPE_CHECKING:
    from kfclient.desk.business.businesses import Businesses
    from kfclient.desk.sync.lists import Lists


# Finding a record by what a person or a file calls it: its code, its name, or both.

T = TypeVar("T")

_QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201b": "'", "`": "'", "\u00b4": "'",
                         "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-"})  # fmt: skip
_AMPERSAND = re.compile(r"\s*&\s*")
_RATE_BRACKET = re.compile(r"\s*\(\s*(-?[0-9]+(?:\.[0-9]+)?)\s*%\s*\)\s*$")
_CODE_FIRST = re.compile(r"(\S+?)\s*(?:[-:,]\s*|\s)(\S.*)")
_CODE_LAST = re.compile(r"(.*\S)\s*\(\s*(\S+)\s*\)")


@lru_cache(maxsize=8192)
def folded(text: str) -> str:
    """Return the text as it is compared: case, spaces, quotes and `&`/`and` do not matter.

    Accents do: Zoe and Zoë may be two people.
    """
    text = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    return " ".join(_AMPERSAND.sub(" and ", text).casefold().split())


def split_rate(category: str) -> tuple[str, str]:
    """Take off the tax rate that Dext writes behind a category: `Printing (20%)`, "20".

    The second part is "" where there is none.
    """
    match = _RATE_BRACKET.search(category)
    return (category[: match.start()].strip(), match[1]) if match else (category.strip(), "")


class Index(Generic[T]):
    """Records found by code, by name, or by code and name together.

    Built once from a list; looking something up is a few dictionary reads, however long the list.
    """

    def __init__(
        self, records: Iterable[T], code: Callable[[T], str], name: Callable[[T], str]
    ) -> None:
        self._by_code: dict[str, list[T]] = {}
        self._by_name: dict[str, list[T]] = {}
        self._code, self._name = code, name
        for record in records:
            if key := folded(code(record)):
                self._by_code.setdefault(key, []).append(record)
            if key := folded(name(record)):
                self._by_name.setdefault(key, []).append(record)

    def by_code(self, code: str) -> tuple[T, ...]:
        """Return the records with exactly this code."""
        return tuple(self._by_code.get(folded(code), ()))

    def find(self, text: str) -> tuple[T, ...]:
        """Return every record that the text may mean: none, one, or several to choose from.

        A code or a name matches whole; `7502 Telephone`, `7502 - Telephone` and `Telephone (7502)`
        match where code and name belong together.
        """
        wanted = folded(text)
        if not wanted:
            return ()
        found = [*self._by_code.get(wanted, ())]
        found += [one for one in self._by_name.get(wanted, ()) if one not in found]
        return tuple(found) or self._both(wanted)

    def _both(self, wanted: str) -> tuple[T, ...]:
        """Return the records that the text names by code and name together."""
        pairs = []
        if first := _CODE_FIRST.fullmatch(wanted):
            pairs.append((first[1], first[2]))
        if last := _CODE_LAST.fullmatch(wanted):
            pairs.append((last[2], last[1]))
        return tuple(
            record
            for code, name in pairs
            for record in self._by_code.get(code, ())
            if folded(self._name(record)) == name
        )


# VAT by percentage: what a rate makes of a net amount, and which rate an amount of VAT fits.
#
# KashFlow stores the VAT that it is sent, a line at a time; -1 stands for N/A (exempt, outside the
# scope).


def vat_of(net: Decimal, rate: Decimal) -> Decimal:
    """Return the VAT at this percentage, to the penny, half up; none where VAT is N/A."""
    return ZERO if rate == NOT_APPLICABLE else pennies(net * rate / 100)


def is_fraction(rate: Decimal) -> bool:
    """Tell whether a rate may be a percentage written as a fraction, as 0.2 is for 20%."""
    return 0 < rate < 1


def fits(net: Decimal, vat: Decimal, rate: Decimal) -> bool:
    """Tell whether the VAT is that of the rate, give or take a penny of rounding.

    No VAT at all is never a rounding of some, nor some of none.
    """
    made = vat_of(net, rate)
    return made == vat if ZERO in (made, vat) else abs(made - vat) <= PENNY


def fitting_rate(net: Decimal, vat: Decimal, rates: Iterable[Decimal]) -> Decimal | None:
    """Return the one of the rates that makes this VAT, the closest where pennies fit several."""
    fitting = [rate for rate in rates if rate > 0 and fits(net, vat, rate)]
    return min(fitting, key=lambda rate: abs(net * rate / 100 - vat), default=None)


def taxed_part(net: Decimal, vat: Decimal, rate: Decimal) -> Decimal | None:
    """Return the part of a net amount on which this VAT was charged, the rest being zero-rated.

    To the penny; None where no such part makes exactly this VAT, or where it is nothing or all.
    """
    if rate <= 0 or not vat:
        return None
    part = pennies(vat * 100 / rate)
    rest = net - part
    whole = part * net > 0 and rest * net > 0
    return part if whole and vat_of(part, rate) == vat else None


# Suppliers or customers that are one and the same, entered in KashFlow twice or nearly.

Contact = Supplier | Customer

_SIGNS = re.compile(r"[\W_]+")
# What companies are called by or not, as the mood takes whoever writes the name.
_IDLE = frozenset({"ltd", "limited", "plc", "llp", "co", "company", "inc", "the", "uk", "and"})
# A number or an address that more than these share belongs to none of them.
_MOST_SHARING = 4


@lru_cache(maxsize=16384)
def squashed(name: str) -> str:
    """Return a name without what tells no company apart: Ltd, The, signs and spaces."""
    words = _SIGNS.sub(" ", folded(name).replace("'", "")).split()
    left = [word for word in words if word not in _IDLE] or words
    return "".join(left)


def contact_number(contact: Contact) -> int:
    """Return KashFlow's id of a supplier or a customer."""
    return contact.supplier_id if isinstance(contact, Supplier) else contact.customer_id


class ContactGroups:
    """Circles of contacts that may be one: nearly the same name, VAT number or e-mail address.

    Built once for each list. A circle is named by a text that means nothing outside.
    """

    def __init__(self, contacts: Iterable[Contact]) -> None:
        self._contacts = tuple(contacts)
        self._root = list(range(len(self._contacts)))
        self._at = {contact_number(one): at for at, one in enumerate(self._contacts)}
        self._names: dict[str, int] = {}
        for at, contact in enumerate(self._contacts):
            if name := squashed(contact.name):
                self._join(at, self._names.setdefault(name, at))
        self._join_sharing("vat_number")
        self._join_sharing("email")
        self._members: dict[int, list[Contact]] = defaultdict(list)
        for at, contact in enumerate(self._contacts):
            self._members[self._find(at)].append(contact)

    def circle(self, number: int) -> str:
        """Return the circle of the contact with this id; of its own where it is not known."""
        at = self._at.get(number)
        return f"#{number}" if at is None else str(self._find(at))

    def name(self, number: int) -> str:
        """Return the name of the contact with this id, "" where it is not known."""
        at = self._at.get(number)
        return "" if at is None else self._contacts[at].name

    def circle_called(self, name: str) -> str:
        """Return the circle of contacts of nearly this name, "" where the name says nothing."""
        key = squashed(name)
        at = self._names.get(key)
        if at is not None:
            return str(self._find(at))
        return f"~{key}" if key else ""

    def called(self, name: str) -> tuple[Contact, ...]:
        """Return the contacts of nearly this name."""
        key = squashed(name)
        at = self._names.get(key)
        if at is None:
            return ()
        return tuple(one for one in self._members[self._find(at)] if squashed(one.name) == key)

    def members(self, circle: str) -> tuple[Contact, ...]:
        """Return the contacts of a circle."""
        return tuple(self._members.get(int(circle), ())) if circle.isdigit() else ()

    def _join_sharing(self, field: str) -> None:
        """Join the contacts that share the field, unless too many do for it to mean anything."""
        sharing: dict[str, list[int]] = defaultdict(list)
        for at, contact in enumerate(self._contacts):
            value = "".join(str(getattr(contact, field)).casefold().split())
            if len(value) > 4:
                sharing[value].append(at)
        for places in sharing.values():
            if len(places) <= _MOST_SHARING:
                for at in places[1:]:
                    self._join(at, places[0])

    def _find(self, at: int) -> int:
        while self._root[at] != at:
            self._root[at] = self._root[self._root[at]]
            at = self._root[at]
        return at

    def _join(self, one: int, other: int) -> None:
        first, second = sorted((self._find(one), self._find(other)))
        self._root[second] = first


PROJECT_ACTIVE = 1


class _Contacts:
    """Suppliers or customers; what finds them is made when it is first asked for."""

    def __init__(self, contacts: Sequence[Contact]) -> None:
        self._all = contacts

    @cached_property
    def index(self) -> Index[Contact]:
        return Index(self._all, lambda one: one.code, lambda one: one.name)

    @cached_property
    def groups(self) -> ContactGroups:
        return ContactGroups(self._all)


class ReferenceData:
    """The synced lists of one business as indexes, with its settings and today's date.

    `missing` names lists that were never synced; `home_currency` is what KashFlow counts in;
    `account` tells one account at KashFlow from another.
    """

    def __init__(
        self,
        *,
        nominals: Sequence[NominalCode] = (),
        suppliers: Sequence[Supplier] = (),
        customers: Sequence[Customer] = (),
        tax_rates: Sequence[VATRate] = (),
        projects: Sequence[Project] = (),
        currencies: Sequence[Currency] = (),
        bank_accounts: Sequence[BankAccount] = (),
        cost_methods: Sequence[PaymentMethod] = (),
        sale_methods: Sequence[PaymentMethod] = (),
        settings: Settings | None = None,
        home_currency: str = "GBP",
        connected: bool = True,
        account: str = "",
        missing: Collection[ListName] = (),
        today: dt.date,
    ) -> None:
        self.settings = Settings() if settings is None else settings
        self.home_currency = home_currency
        self.connected = connected
        self.account = account
        self.missing = frozenset(missing)
        self.today = today
        self.rates = tuple(rate.value for rate in tax_rates)
        self.currencies = {currency.currency_code: currency for currency in currencies}
        self._nominals = Index(nominals, lambda one: str(one.code), lambda one: one.name)
        self._projects = Index(projects, lambda one: str(one.number), lambda one: one.name)
        self._banks = Index(
            bank_accounts, lambda one: str(one.account_code), lambda one: one.account_name
        )
        methods = {PURCHASES: cost_methods, SALES: sale_methods}
        self._methods = {
            side: Index(known, lambda _: "", lambda one: one.method_name)
            for side, known in methods.items()
        }
        self._contacts = {PURCHASES: _Contacts(suppliers), SALES: _Contacts(customers)}
        self._found: dict[tuple[str, str, str], tuple[Contact, ...]] = {}
        self._parties: dict[tuple[str, str, str], tuple[str, str]] = {}
        self._said: dict[tuple[str, ...], tuple[Finding, ...]] = {}

    def said_of(
        self, words: tuple[str, ...], check: Callable[[], Iterable[Finding]]
    ) -> tuple[Finding, ...]:
        """Return what is found of these words in these lists, looked up once: many say the same."""
        found = self._said.get(words)
        if found is None:
            found = self._said[words] = tuple(check())
        return found

    def twins(self, side: Side) -> ContactGroups:
        """Return which suppliers or customers may be one and the same."""
        return self._contacts[side].groups

    def contacts(self, item: Item) -> tuple[Contact, ...]:
        """Return the suppliers, for a sale the customers, that the item may mean."""
        return self._contacts_called(side_of(item.kind), item.contact, item.contact_code)

    def _contacts_called(self, side: Side, contact: str, code: str) -> tuple[Contact, ...]:
        named = (side.name, contact, code)
        found = self._found.get(named)
        if found is None:
            index = self._contacts[side].index
            found = self._found[named] = index.by_code(code) if code else index.find(contact)
        return found

    def party(self, item: Item) -> tuple[str, str]:
        """Return who the item is from or for, and who that may be: itself and its twins.

        Both as texts that mean nothing outside; the second is "" where there is nobody.
        """
        return self.party_called(item.kind, item.contact, item.contact_code)

    def party_called(self, kind: Kind, contact: str, contact_code: str) -> tuple[str, str]:
        """Return what `party` does of an item of this kind that names its contact so."""
        side = side_of(kind)
        named = (side.name, contact, contact_code)
        known = self._parties.get(named)
        if known is None:
            twins, found = self.twins(side), self._contacts_called(side, contact, contact_code)
            if len(found) == 1:
                number = contact_number(found[0])
                known = str(number), twins.circle(number)
            else:
                known = folded(contact), twins.circle_called(contact)
            self._parties[named] = known
        return known

    def categories(self, text: str, kind: Kind) -> tuple[NominalCode, ...]:
        """Return the nominal codes that the text may mean: live ones where there are any.

        Where one name stands for a sales and a purchase code, the item's kind decides.
        """
        found = self._nominals.find(text)
        live = tuple(one for one in found if not one.archived)
        if len(live) > 1:
            fitting = tuple(one for one in live if side_of_nominal(one) is side_of(kind))
            live = fitting if len(fitting) == 1 else live
        return live or found

    def projects(self, text: str) -> tuple[Project, ...]:
        """Return the projects that the text may mean: active ones where there are any."""
        found = self._projects.find(text)
        return tuple(one for one in found if one.status == PROJECT_ACTIVE) or found

    def default_rate(self, kind: Kind) -> Decimal | None:
        """Return the default tax code for items of this kind, None where there is none."""
        return side_of(kind).default_rate(self.settings)

    def tax_rate(self, line: ItemLine, kind: Kind) -> Decimal | None:
        """Return the percentage that a line goes with, -1 for N/A, None where nobody can tell.

        What the line says comes first, then the default tax code where the line's VAT agrees with
        it, then the synced rate that makes this VAT. A line without any VAT that says nothing goes
        as N/A: nothing is claimed, and no rate is made up.
        """
        if line.tax_rate is not None:
            return line.tax_rate
        default = self.default_rate(kind)
        if default is not None and fits(line.net, line.vat, default):
            return default
        if not line.vat:
            return NOT_APPLICABLE
        return fitting_rate(line.net, line.vat, self.rates)

    def knows_rate(self, rate: Decimal) -> bool:
        """Tell whether KashFlow has the tax rate; N/A is always possible."""
        return rate == NOT_APPLICABLE or rate in self.rates

    def rate_meant(self, rate: Decimal | None) -> Decimal | None:
        """Return the percentage that a rate means: 20 for 0.2, where KashFlow has 20% and no 0.2%.

        Spreadsheets keep a percentage as a fraction. Any other rate is what it says.
        """
        if (
            rate is None
            or not is_fraction(rate)
            or rate in self.rates
            or rate * 100 not in self.rates
        ):
            return rate
        return next(known for known in self.rates if known == rate * 100)

    def bank_accounts(self, text: str) -> tuple[BankAccount, ...]:
        """Return the bank accounts that the text may mean: by name, or by nominal code."""
        return self._banks.find(text)

    def payment_methods(self, text: str, kind: Kind) -> tuple[PaymentMethod, ...]:
        """Return the payment methods that the text may mean; sales and costs have their own."""
        return self._methods[side_of(kind)].find(text)

    def is_foreign(self, item: Item) -> bool:
        """Tell whether the item is in another currency than the books."""
        return item.currency != self.home_currency


def side_of_nominal(nominal: NominalCode) -> Side | None:
    """Return the side that a nominal code is for, None for neither.

    Its classification says so, else its type; the words are those of KashFlow's screens (Sales
    Types, Outgoing Types, Bank Transaction Types; Turnover, Cost of Sales, Expense).
    """
    group, kind = folded(nominal.classification_name), folded(nominal.type_name)
    if "outgoing" in group or "purchase" in group:
        return PURCHASES
    if "sales" in group:
        return SALES
    if group or not kind:
        return None
    if kind.startswith("cost") or "expense" in kind or "overhead" in kind:
        return PURCHASES
    return SALES if kind in {"turnover", "sales", "income"} else None


# Keeps what is known of each business's books, and builds it anew when something changed.

HOME_CURRENCY = "GBP"
"""What a business's books are in until KashFlow has said."""

_LISTS = {
    ListName.CHART: "nominals",
    ListName.SUPPLIERS: "suppliers",
    ListName.CUSTOMERS: "customers",
    ListName.TAX_RATES: "tax_rates",
    ListName.PROJECTS: "projects",
    ListName.BANK_ACCOUNTS: "currencies",  # they are read together
}

_Facts = tuple[object, ...]


class ReferenceCache:
    """Gives the `ReferenceData` of a business: the same until anything changed.

    Thread-safe.
    """

    def __init__(self, businesses: Businesses, lists: Lists, clock: Callable[[], datetime]) -> None:
        self._businesses = businesses
        self._lists = lists
        self._clock = clock
        self._kept: dict[str, tuple[_Facts, ReferenceData]] = {}
        self._lock = threading.Lock()

    def of(self, business: str) -> ReferenceData:
        """Return what is known of the business's books; raises `BusinessUnknown`."""
        known = self._businesses.get(business)
        connection, lists = known.connection, self._lists
        read: dict[str, Any] = {
            "nominals": lists.nominals(business),
            "suppliers": lists.suppliers(business),
            "customers": lists.customers(business),
            "tax_rates": lists.tax_rates(business),
            "projects": lists.projects(business),
            "currencies": lists.currencies(business),
            "bank_accounts": lists.bank_accounts(business),
            "cost_methods": lists.cost_methods(business),
            "sale_methods": lists.sale_methods(business),
        }
        synced = {} if connection is None else connection.lists
        missing = {
            name
            for name, rows in _LISTS.items()
            if not read[rows] and (name not in synced or synced[name].synced_at is None)
        }
        other: dict[str, Any] = {
            "settings": known.settings,
            "home_currency": HOME_CURRENCY if connection is None else connection.company.currency,
            "connected": connection is not None,
            "account": ""
            if connection is None
            else f"{connection.username} at {connection.endpoint}",
            "missing": missing,
            "today": self._clock().astimezone().date(),
        }
        facts = (*read.values(), *other.values())
        with self._lock:
            kept = self._kept.get(business)
            if kept is None or not _alike(kept[0], facts):
                kept = self._kept[business] = (facts, ReferenceData(**read, **other))
            return kept[1]


def _alike(one: _Facts, other: _Facts) -> bool:
    """Tell whether nothing changed; the lists are the same objects until they are read anew."""
    return all(
        a is b or (not isinstance(a, tuple) and a == b) for a, b in zip(one, other, strict=True)
    )
