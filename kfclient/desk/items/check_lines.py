"""What can be known to be wrong with a line: its category, its project, its VAT."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from kfclient.desk.business.settings import show_tax_code
from kfclient.desk.check.bookkeeping import PROJECT_ACTIVE, Books, side_of_nominal
from kfclient.desk.check.taxes import fits, fitting_rate, taxed_part, vat_of
from kfclient.desk.inbox.item import Finding, Item, ItemLine, Kind
from kfclient.money import figures, plain, shown


def check_line(item: Item, line: ItemLine, field: str, books: Books) -> Iterator[Finding]:
    """Yield what is known about one line; `field` is "lines.2" for the second."""
    yield from _category(item, line, f"{field}.category", books)
    if line.project:
        yield from _project(line, f"{field}.project", books)
    if books.settings.publish_tax_data:
        yield from _tax(item, line, field, books)


def _category(item: Item, line: ItemLine, field: str, books: Books) -> Iterator[Finding]:
    choose = "choose-category"
    if not line.category:
        yield Finding(
            code="E-CATEGORY-MISSING",
            sentence="It has no category.",
            cure="Choose one of the chart of accounts.",
            field=field,
            key=choose,
        )
        return
    found = books.categories(line.category, item.kind)
    if not found:
        yield Finding(
            code="E-CATEGORY-UNKNOWN",
            sentence=f"The chart of accounts has no category {line.category}.",
            cure="Choose another, or add it in KashFlow and sync.",
            field=field,
            key=choose,
        )
    elif len(found) > 1:
        codes = ", ".join(str(one.code) for one in found)
        yield Finding(
            code="E-CATEGORY-AMBIGUOUS",
            sentence=f"{len(found)} categories are called {line.category}.",
            cure=f"Choose one of them by its code: {codes}.",
            field=field,
            key=choose,
        )
    elif found[0].archived:
        yield Finding(
            code="E-CATEGORY-ARCHIVED",
            sentence=f"The category {found[0].code} {found[0].name} is archived in KashFlow.",
            cure="Choose another, or bring it back in KashFlow and sync.",
            field=field,
            key=choose,
        )
    elif not books.settings.any_category:
        sale = item.kind is Kind.SALE
        side = side_of_nominal(found[0])
        if side is not None and (side is Kind.SALE) is not sale:
            mine, its = ("sales", "purchases") if sale else ("purchases", "sales")
            yield Finding(
                code="E-CATEGORY-KIND",
                sentence=f"The category {found[0].code} {found[0].name} is for {its}, and this "
                f"goes to {mine}.",
                cure=f"Choose one for {mine}; where KashFlow lets you use all codes everywhere, "
                "switch on Any category in Settings.",
                field=field,
                key=choose,
            )


def _project(line: ItemLine, field: str, books: Books) -> Iterator[Finding]:
    found = books.projects(line.project)
    if len(found) != 1:
        many = f"{len(found)} projects are" if found else "No project is"
        yield Finding(
            code="E-PROJECT-AMBIGUOUS" if found else "E-PROJECT-UNKNOWN",
            sentence=f"{many} called {line.project} in KashFlow.",
            cure="Choose one by its number." if found else "Choose another, or none.",
            field=field,
            key="choose-project",
        )
    elif found[0].status != PROJECT_ACTIVE:
        yield Finding(
            code="W-PROJECT-FINISHED",
            sentence=f"The project {found[0].name} is finished or archived in KashFlow.",
            cure="Look whether it is the one meant.",
            field=field,
            key="choose-project",
        )


def _tax(item: Item, line: ItemLine, field: str, books: Books) -> Iterator[Finding]:
    """Yield what is known of a line's tax, which goes to KashFlow with it."""
    rate = books.tax_rate(line, item.kind)
    net, vat = shown(line.net, item.currency), shown(line.vat, item.currency)
    rates = ", ".join(show_tax_code(one) for one in sorted(books.rates))
    if rate is None:
        key, value = _better(line, books)
        yield Finding(
            code="E-TAX-RATE-MISSING",
            sentence=f"VAT of {vat} on {net} fits none of the tax rates ({rates}).",
            cure="Give the tax rate; if the document has several, make it several lines.",
            field=f"{field}.tax_rate",
            key=key or "choose-tax-rate",
            value=value,
        )
    elif not books.knows_rate(rate):
        fitting = fitting_rate(line.net, line.vat, books.rates)
        yield Finding(
            code="E-TAX-RATE-UNKNOWN",
            sentence=f"KashFlow has no tax rate of {show_tax_code(rate)}.",
            cure=f"Choose one of {rates}, or n/a.",
            field=f"{field}.tax_rate",
            key="choose-tax-rate" if fitting is None else "use-tax-rate",
            value="" if fitting is None else figures(fitting),
        )
    elif not fits(line.net, line.vat, rate):
        expected = vat_of(line.net, rate)
        key, value = _better(line, books)
        yield Finding(
            code="W-TAX-MISMATCH",
            sentence=f"VAT at {show_tax_code(rate)} of {net} would be "
            f"{shown(expected, item.currency)}, not {vat}.",
            cure="Look at the document; it goes with the VAT given.",
            field=f"{field}.tax_rate",
            key=key or "use-vat",
            value=value or plain(expected),
        )
    elif line.tax_rate is None and not line.vat and rate != books.default_rate(item.kind):
        yield Finding(
            code="W-TAX-NOT-SAID",
            sentence="No tax rate is given and there is no VAT, so it goes with VAT n/a.",
            cure="Give the rate if it is zero-rated (0%), or a default tax code in Settings.",
            field=f"{field}.tax_rate",
            key="use-tax-rate" if Decimal(0) in books.rates else "",
            value="0" if Decimal(0) in books.rates else "",
        )


def _better(line: ItemLine, books: Books) -> tuple[str, str]:
    """Return the act that makes the line's VAT right: another rate, or a split into two lines."""
    fitting = fitting_rate(line.net, line.vat, books.rates)
    if fitting is None and not line.vat and Decimal(0) in books.rates:
        fitting = Decimal(0)
    if fitting is not None:
        return "use-tax-rate", figures(fitting)
    for rate in sorted(books.rates, reverse=True):
        if Decimal(0) in books.rates and taxed_part(line.net, line.vat, rate) is not None:
            return "split", figures(rate)
    return "", ""
