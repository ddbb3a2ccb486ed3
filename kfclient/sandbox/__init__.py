"""A KashFlow-compatible SOAP service on this machine, for practice, demos and tests.

`Sandbox` runs it inside this process; `serve.serve` is the whole of a command that does.

What is known of KashFlow's service, the sandbox does alike. What is not known, or told in two
ways, it chooses, and a client must not rely on:

- Gates are tried in this order: credentials, API switched on, address listed. AutoAuthIP skips the
  last; its result is 1, a second call from a listed address is OK too. The sentences for a wrong
  AutoAuth key, AutoAuth off and the API off are the sandbox's own, and so is every sentence that
  begins with "There is no" except the one about a customer's email address.
- GetReceipts tells of more than 100 receipts in StatusDetail, with Status OK
  (`getreceipts_notice`).
- A document for an unknown supplier, customer, nominal id or project is refused, and so is a
  payment without a payment method; the `strict_*` switches turn that off. ChargeType 0 is "Other".
- A document number sent with an insert is taken when it is free, refused when it is not
  (`strict_numbers` off: that document is overwritten). Numbers of deleted documents at the top are
  given again; database ids never are.
- VatAmount is stored as sent, also by a company that is not VAT registered. A line's net is
  rounded to the penny, halves away from zero; a document sums rounded lines. Nothing is checked
  for duplicates. Paid, AmountPaid and the totals are derived, whatever was sent.
- GetReceipt and GetInvoice of an unknown number are OK with every field at its default;
  suppliers, customers, projects and GetInvoiceByID are Status NO (`not_found` has one answer for
  all). Deletes answer 1; deleting what is not there is Status NO, and so is deleting a supplier or
  customer that has documents.
- A document without a date is dated today, one without a due date is due on its date, a payment
  without a date is paid today, and one without a bank account goes to the first. Line breaks
  in a description become spaces. A date with a zone is moved to UK time (`zones_dropped`: not
  moved), then its time dropped. Texts may have any length (`reference_length` cuts references).
  Elements may come in any order (`strict_order` drops one that comes late).
- An update of a document replaces its lines, except where no Lines element was sent; it means the
  document of its InvoiceDBID, or where that is 0, of its InvoiceNumber.
- Foreign documents keep their own currency, lines included; a line inserted without
  ValuesInCurrency 1 is multiplied by the rate first, one in an update is not. ExchangeRate 0 means
  the currency's own; an unknown currency is refused. A document is paid when its payments, in home
  currency, reach its gross divided by the rate; the filter Paid leaves the overpaid out, Unpaid
  holds the overdue. An unknown filter is All, a page below 1 is the first.
- Codes of suppliers and customers are letters and digits, at least two, of any length, unique
  without regard to case; one left out is four letters of the name and a number. An update
  replaces the whole record.
- GetProjects lists all (`active_projects_only`), GetVATRates no entry for N/A (`na_rate_listed`),
  which is -1 on a line, the chart of accounts every nominal. Lists come by code, documents by
  number, highest first. In GetNominalCodesExtended the type is the place in the accounts (1 to 6),
  the classification the area it is picked in (1 to 3).
- AttachFileToReceipt and AttachFileToInvoice answer the attachment's id; without Dropbox
  (`dropbox_connected`) they are refused, and so is an .xls file. A request may be 4 MB. PermaLink
  and ReadableString are null.
- A date on or before `lock_date` is refused for documents and payments.
- All 164 operations of the contract of 2017 are declared, and AttachFileToInvoice of 2026; the rest
  of 2026, the "2" family, is an unknown SOAPAction. Quotes, journals, bank transactions and
  advance payments, sub-products, reports, printing, e-mailing and importing are not kept or done
  here: their lists are empty, their other operations answer Status NO "... is not offered by this
  sandbox". Nominals carry no balances.
- GetBankBalance sums payments up to its date, today's where there is none. Products are the
  nominals of the area Sales Type. CreateBankAccount needs a nominal that no other bank account has.
- applyCreditNoteToInvoice takes database ids of two sales of one customer, and settles as much as
  both allow by a payment on each, the one on the credit note negative.
- createAccount needs `account_creation_key`, a username of its own, and a password and memorable
  word of five characters; it notes the account and answers its id, but keeps no books for it.
  GetRemoteLoginURL needs `remote_login`; its link works once, within 120 seconds.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kfclient.sandbox.server import Sandbox

# A full-screen program has no place for a stray traceback; who wants it adds a handler.
logging.getLogger(__name__).addHandler(logging.NullHandler())

__all__ = ["Sandbox"]


def __getattr__(name: str) -> Any:
    """Load the server when it is asked for: few who import the package start one."""
    if name == "Sandbox":
        from kfclient.sandbox.server import Sandbox

        return Sandbox
    raise AttributeError(name)
