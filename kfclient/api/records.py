"""What KashFlow's API speaks of, as typed records.

Field names here are ours; `name=` is KashFlow's element name, in the order of the vendor's WSDL.
Every field has a default, because a reply may leave any of them out. A record turns into its lean
stored form (KashFlow's names, defaults left out) with `msgspec.to_builtins(record)`, and back with
`msgspec.convert(document, Type)`.

Money is `Decimal`, dates are `date` (KashFlow keeps no time of day; its "no date",
0001-01-01T00:00:00, is None), ids are `int` (0 = none).
"""

from __future__ import annotations

import functools
from datetime import date
from decimal import Decimal

import msgspec
from msgspec import field

ZERO = Decimal(0)


class Record(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    repr_omit_defaults=True,
    gc=False,
):
    """One thing KashFlow keeps.

    `broken` has KashFlow's names of the elements whose value could not be read: those fields are at
    their default, and nothing may be concluded from them. It is empty for nearly all.

    No record can hold itself, so the garbage collector need not look at them: with 40,000 of them
    in memory its looking would stop the whole program for a moment.
    """

    broken: tuple[str, ...] = ()


@functools.cache
def kashflow_fields(kind: type[Record]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """Return the fields of a record that KashFlow has too; msgspec takes 0.4 ms to find them."""
    return tuple(one for one in msgspec.structs.fields(kind) if one.name != "broken")


class CompanyDetails(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The company whose books these are: `GetCompanyDetails`."""

    company_name: str = field(default="", name="CompanyName")
    address1: str = field(default="", name="Address1")
    address2: str = field(default="", name="Address2")
    address3: str = field(default="", name="Address3")
    address4: str = field(default="", name="Address4")
    postcode: str = field(default="", name="Postcode")
    primary_email: str = field(default="", name="PrimaryEmail")
    primary_contact: str = field(default="", name="PrimaryContact")
    vat_registered: str = field(default="", name="VatRegistered")
    vat_registration_number: str = field(default="", name="VatRegistrationNumber")
    payment_terms: int = field(default=0, name="PaymentTerms")
    currency_symbol: str = field(default="", name="CurrencySymbol")
    currency_id: int = field(default=0, name="CurrencyId")
    currency_name: str = field(default="", name="CurrencyName")


class NominalCode(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A line of the chart of accounts: `GetNominalCodesExtended`.

    `id` is what an invoice line's `charge_type` carries; `code` is what a person knows.
    """

    id: int = field(default=0, name="id")
    code: int = field(default=0, name="Code")
    name: str = field(default="", name="Name")
    type_id: int = field(default=0, name="TypeID")
    type_name: str = field(default="", name="TypeName")
    classification_id: int = field(default=0, name="ClassificationID")
    classification_name: str = field(default="", name="ClassificationName")
    vat_rate: Decimal = field(default=ZERO, name="VATRate")
    description: str = field(default="", name="Description")
    archived: bool = field(default=False, name="Archived")


class Supplier(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody the business buys from."""

    supplier_id: int = field(default=0, name="SupplierID")
    code: str = field(default="", name="Code")
    name: str = field(default="", name="Name")
    contact: str = field(default="", name="Contact")
    mobile: str = field(default="", name="Mobile")
    fax: str = field(default="", name="Fax")
    address1: str = field(default="", name="Address1")
    address2: str = field(default="", name="Address2")
    address3: str = field(default="", name="Address3")
    address4: str = field(default="", name="Address4")
    post_code: str = field(default="", name="PostCode")
    telephone: str = field(default="", name="Telephone")
    website: str = field(default="", name="Website")
    email: str = field(default="", name="Email")
    ec: int = field(default=0, name="EC")
    vat_number: str = field(default="", name="VATNumber")
    notes: str = field(default="", name="Notes")
    currency_id: int = field(default=0, name="CurrencyID")
    payment_terms: int = field(default=0, name="PaymentTerms")
    contact_title: str = field(default="", name="ContactTitle")
    contact_first_name: str = field(default="", name="ContactFirstName")
    contact_last_name: str = field(default="", name="ContactLastName")


class Customer(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody the business sells to."""

    customer_id: int = field(default=0, name="CustomerID")
    code: str = field(default="", name="Code")
    name: str = field(default="", name="Name")
    contact: str = field(default="", name="Contact")
    telephone: str = field(default="", name="Telephone")
    mobile: str = field(default="", name="Mobile")
    email: str = field(default="", name="Email")
    address1: str = field(default="", name="Address1")
    address2: str = field(default="", name="Address2")
    address3: str = field(default="", name="Address3")
    address4: str = field(default="", name="Address4")
    postcode: str = field(default="", name="Postcode")
    website: str = field(default="", name="Website")
    ec: int = field(default=0, name="EC")
    outside_ec: int = field(default=0, name="OutsideEC")
    notes: str = field(default="", name="Notes")
    payment_terms: int = field(default=0, name="PaymentTerms")
    currency_id: int = field(default=0, name="CurrencyID")
    vat_number: str = field(default="", name="VATNumber")


class VATRate(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A tax rate: `GetVATRates`. `value` is the percentage; lines carry it, never the id."""

    id: int = field(default=0, name="ID")
    name: str = field(default="", name="Name")
    description: str = field(default="", name="Description")
    value: Decimal = field(default=ZERO, name="Value")


class Project(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A project: `GetProjects_Full`. `status` is 0 completed, 1 active, 2 archived.

    `id` is what documents and lines carry, `number` the account's own counting. What the two dates
    mean each account sets for itself.
    """

    id: int = field(default=0, name="ID")
    number: int = field(default=0, name="Number")
    name: str = field(default="", name="Name")
    reference: str = field(default="", name="Reference")
    description: str = field(default="", name="Description")
    date1: date | None = field(default=None, name="Date1")
    date2: date | None = field(default=None, name="Date2")
    customer_id: int = field(default=0, name="CustomerID")
    status: int = field(default=0, name="Status")


class BankAccount(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A bank account. `account_code` is its nominal code; payments carry `account_id`."""

    account_id: int = field(default=0, name="AccountID")
    account_name: str = field(default="", name="AccountName")
    account_code: int = field(default=0, name="AccountCode")


class Currency(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A currency switched on in KashFlow. `exchange_rate` is foreign units per one home unit."""

    currency_id: int = field(default=0, name="CurrencyId")
    currency_code: str = field(default="", name="CurrencyCode")
    exchange_rate: Decimal = field(default=ZERO, name="ExchangeRate")
    is_default: int = field(default=0, name="isDefault")


class UserAccountDefaults(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What the account starts a document with: `GetUserAccountDefaults_TypeDefined`."""

    is_vat_registered: bool = field(default=False, name="isVATRegistered")
    vat_number: str = field(default="", name="VATNumber")
    currencies: tuple[Currency, ...] = field(default=(), name="Currencies")


class PaymentMethod(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A way to pay; sales and purchases have lists of their own."""

    method_id: int = field(default=0, name="MethodID")
    method_name: str = field(default="", name="MethodName")


class InvoiceLine(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One line of an invoice or of a receipt.

    `rate` is net per unit; `charge_type` is the *id* of a nominal code; `vat_rate` is a percentage,
    -1 meaning N/A; `vat_amount` is for the whole line. `values_in_currency` 1 says that the amounts
    are in the document's own currency.
    """

    quantity: Decimal = field(default=ZERO, name="Quantity")
    description: str = field(default="", name="Description")
    rate: Decimal = field(default=ZERO, name="Rate")
    charge_type: int = field(default=0, name="ChargeType")
    vat_rate: Decimal = field(default=ZERO, name="VatRate")
    vat_amount: Decimal = field(default=ZERO, name="VatAmount")
    product_id: int = field(default=0, name="ProductID")
    sort: int = field(default=0, name="Sort")
    proj_id: int = field(default=0, name="ProjID")
    line_id: int = field(default=0, name="LineID")
    values_in_currency: int = field(default=0, name="ValuesInCurrency")


class Invoice(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A sales invoice, or a receipt: KashFlow's class `Invoice` serves both.

    On a receipt `customer_id` is the *supplier's* id and `customer_reference` the supplier's own
    reference. `invoice_dbid` is unique for ever; `invoice_number` is freed when the document is
    deleted. Net, VAT and paid amounts are KashFlow's own sums; it ignores them on insert.
    """

    invoice_dbid: int = field(default=0, name="InvoiceDBID")
    invoice_number: int = field(default=0, name="InvoiceNumber")
    invoice_date: date | None = field(default=None, name="InvoiceDate")
    due_date: date | None = field(default=None, name="DueDate")
    customer: str = field(default="", name="Customer")
    customer_id: int = field(default=0, name="CustomerID")
    paid: int = field(default=0, name="Paid")
    customer_reference: str = field(default="", name="CustomerReference")
    estimate_category: str = field(default="", name="EstimateCategory")
    suppress_total: int = field(default=0, name="SuppressTotal")
    project_id: int = field(default=0, name="ProjectID")
    currency_code: str = field(default="", name="CurrencyCode")
    exchange_rate: Decimal = field(default=ZERO, name="ExchangeRate")
    readable_string: str = field(default="", name="ReadableString")
    lines: tuple[InvoiceLine, ...] = field(default=(), name="Lines")
    net_amount: Decimal = field(default=ZERO, name="NetAmount")
    vat_amount: Decimal = field(default=ZERO, name="VATAmount")
    amount_paid: Decimal = field(default=ZERO, name="AmountPaid")
    customer_name: str = field(default="", name="CustomerName")
    perma_link: str = field(default="", name="PermaLink")


class Payment(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A payment against a document. `pay_invoice` is the document's *number*; home currency."""

    pay_id: int = field(default=0, name="PayID")
    pay_invoice: int = field(default=0, name="PayInvoice")
    pay_date: date | None = field(default=None, name="PayDate")
    pay_note: str = field(default="", name="PayNote")
    pay_method: int = field(default=0, name="PayMethod")
    pay_account: int = field(default=0, name="PayAccount")
    pay_amount: Decimal = field(default=ZERO, name="PayAmount")


class ReceiptNote(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A note on a purchase. `receipt_id` is the purchase's `invoice_dbid`, not its number."""

    receipt_id: int = field(default=0, name="ReceiptId")
    note_id: int = field(default=0, name="NoteId")
    note_date: date | None = field(default=None, name="NoteDate")
    notes: str = field(default="", name="Notes")


class InvoiceNote(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A note on a sales invoice. `invoice_id` is the invoice's `invoice_dbid`, not its number."""

    invoice_id: int = field(default=0, name="InvoiceId")
    note_id: int = field(default=0, name="NoteId")
    note_date: date | None = field(default=None, name="NoteDate")
    notes: str = field(default="", name="Notes")


class ReceiptAttachment(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A file at a purchase. `receipt_id` is the purchase's `invoice_dbid`, not its number.

    `actual_filename` is the name it was attached under, `amazon_filename` the one it is kept
    under, `file_url` where it can be fetched by anybody. `file_size` is in KB, as a text, though it
    was sent in bytes.
    """

    attachment_id: int = field(default=0, name="AttachmentID")
    receipt_id: int = field(default=0, name="ReceiptID")
    actual_filename: str = field(default="", name="ActualFilename")
    amazon_filename: str = field(default="", name="AmazonFilename")
    upload_date: date | None = field(default=None, name="UploadDate")
    content_type: str = field(default="", name="ContentType")
    meta_name: str = field(default="", name="MetaName")
    meta_value: str = field(default="", name="MetaValue")
    file_size: str = field(default="", name="FileSize")
    file_extension: str = field(default="", name="FileExtension")
    file_url: str = field(default="", name="FileURL")
