"""The company and its lists: chart of accounts, tax rates, projects, bank accounts, and so on."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Unpack

from kfclient.api.caller import Caller, Following, judged
from kfclient.api.credentials import MASK, SecretFields
from kfclient.api.errors import BadRequest, ReplyBroken
from kfclient.api.records import (
    BankAccount,
    CompanyDetails,
    Currency,
    Customer,
    NominalCode,
    PaymentMethod,
    Project,
    Supplier,
    UserAccountDefaults,
    VATRate,
)
from kfclient.api.request import sendable, unsendable

ALL_PROJECTS = -1


class ListOperations(Caller):
    """Operations on the account and its reference data. Lists come whole: KashFlow pages none."""

    def auto_auth_ip(self, app_name: str, auto_auth_key: str) -> int:
        """Put this machine's address on the account's list, as `app_name`; harmless when it is.

        The number returned has no documented meaning. Raises `AutoAuthRefused` for a wrong key or
        AutoAuth switched off.
        """
        if not sendable(auto_auth_key):
            raise unsendable("The AutoAuth key")
        hidden = SecretFields({"AutoAuthKey": auto_auth_key})
        del auto_auth_key  # from here on no traceback with its locals shows it
        fields = {"appName": app_name, "AutoAuthKey": MASK}
        # It changes no books, and asking again is harmless: judged and repeated like reading.
        answer = self._read("AutoAuthIP", fields, secrets=hidden)
        return answer.number("AutoAuthIPResult") or 0

    def get_company_details(self) -> CompanyDetails:
        """Return the company whose books these are."""
        from kfclient.api.reply import reader

        result = self._read("GetCompanyDetails", {}).result
        if result is None:
            raise judged(ReplyBroken("KashFlow's answer names no company."), write=False)
        company: CompanyDetails = reader(CompanyDetails)(result)
        return company

    def get_user_account_defaults_type_defined(self) -> UserAccountDefaults:
        """Return what the account starts a document with: VAT and currencies."""
        from kfclient.api.reply import reader

        result = self._read("GetUserAccountDefaults_TypeDefined", {}).result
        if result is None:
            raise judged(ReplyBroken("KashFlow's answer holds no defaults."), write=False)
        defaults: UserAccountDefaults = reader(UserAccountDefaults)(result)
        return defaults

    def is_user_vat_registered(self) -> bool:
        """Return whether the company is registered for VAT."""
        from kfclient.api.reply import truth

        result = self._read("isUserVATRegistered", {}).result
        try:
            return truth((result.text or "") if result is not None else "")
        except ValueError:
            raise judged(ReplyBroken("KashFlow's answer says neither."), write=False) from None

    def get_nominal_codes_extended(self, **following: Unpack[Following]) -> list[NominalCode]:
        """Return the chart of accounts with each code's kind, archived ones too."""
        return self._rows(
            "GetNominalCodesExtended", NominalCode, "NominalCodeExtended", **following
        )

    def get_nominal_codes(self, **following: Unpack[Following]) -> list[NominalCode]:
        """Return the chart of accounts: id, code and name alone."""
        return self._rows("GetNominalCodes", NominalCode, "NominalCode", **following)

    def get_vat_rates(self, **following: Unpack[Following]) -> list[VATRate]:
        """Return the tax rates."""
        return self._rows("GetVATRates", VATRate, "BasicDataset", **following)

    def get_projects(self, **following: Unpack[Following]) -> list[Project]:
        """Return the projects with their id, number and name alone.

        KashFlow gives the number as a description; which projects it leaves out is documented
        nowhere, so `get_projects_full` is the better choice.
        """
        from kfclient.api.reply import whole_number

        def numbered(text: str) -> int:
            with suppress(ValueError):
                return whole_number(text)
            return 0

        return [
            Project(id=row.id, name=row.name, number=numbered(row.description), broken=row.broken)
            for row in self._rows("GetProjects", VATRate, "BasicDataset", **following)
        ]

    def get_projects_full(
        self, status: int = ALL_PROJECTS, **following: Unpack[Following]
    ) -> list[Project]:
        """Return the projects: all, or those with `status` 0 completed, 1 active, 2 archived."""
        fields = {"ProjStatus": status}
        return self._rows("GetProjects_Full", Project, "Project", fields, **following)

    def insert_or_update_project(self, project: Project) -> int:
        """Create a project, or where `project.id` is above 0 replace that one; return its id.

        Everything is replaced, so change what `get_projects_full` gave. `status` 1 is an active
        project, 0, what a `Project` has unless told otherwise, a completed one.
        """
        return self._insert("InsertOrUpdateProject", Project=project)

    def get_bank_accounts(self, **following: Unpack[Following]) -> list[BankAccount]:
        """Return the bank accounts."""
        return self._rows("GetBankAccounts", BankAccount, "BankAccount", **following)

    def get_currencies(self, **following: Unpack[Following]) -> list[Currency]:
        """Return the currencies switched on."""
        return self._rows("GetCurrencies", Currency, "Currencies", **following)

    def get_rec_pay_methods(self, **following: Unpack[Following]) -> list[PaymentMethod]:
        """Return the ways to pay a purchase."""
        return self._rows("GetRecPayMethods", PaymentMethod, "PaymentMethod", **following)

    def get_inv_pay_methods(self, **following: Unpack[Following]) -> list[PaymentMethod]:
        """Return the ways a sale is paid."""
        return self._rows("GetInvPayMethods", PaymentMethod, "PaymentMethod", **following)


# Suppliers and customers.


class Contacts(Caller):
    """Operations on suppliers and customers. Lists come whole: KashFlow pages neither.

    A code is what a person knows (ACME01) and may be changed, an id is KashFlow's, for ever.
    """

    def get_suppliers(self, **following: Unpack[Following]) -> list[Supplier]:
        """Return every supplier."""
        return self._rows("GetSuppliers", Supplier, "Supplier", **following)

    def get_supplier(self, code: str) -> Supplier | None:
        """Return the supplier with that code, None if there is none."""
        return self._one("GetSupplier", Supplier, {"SupplierCode": code}, "supplier_id")

    def get_supplier_by_id(self, supplier_id: int) -> Supplier | None:
        """Return the supplier with that id, None if there is none."""
        return self._one("GetSupplierByID", Supplier, {"SupplierID": supplier_id}, "supplier_id")

    def insert_supplier(self, supplier: Supplier) -> int:
        """Create a supplier; return the id KashFlow gave. Without a code KashFlow makes one.

        Raises `CodeNotUnique` where another has the code, `CodeInvalid` where it has signs in it.
        """
        return self._insert("InsertSupplier", supl=supplier)

    def update_supplier(self, supplier: Supplier) -> None:
        """Replace the supplier that has `supplier.supplier_id`.

        Everything is replaced, so change what `get_supplier` gave:
        `api.update_supplier(msgspec.structs.replace(supplier, email="new@example.com"))`. Fields
        that later contracts of KashFlow's have added (`TradeBorderType`) are not sent.
        """
        if supplier.supplier_id <= 0:
            raise BadRequest(
                "A supplier without an id cannot be changed; nothing was sent.",
                "Read the supplier first, then change what was read.",
            )
        self._write("UpdateSupplier", sup=supplier)

    def get_customers(self, **following: Unpack[Following]) -> list[Customer]:
        """Return every customer."""
        return self._rows("GetCustomers", Customer, "Customer", **following)

    def get_customers_modified_since(
        self, day: date, **following: Unpack[Following]
    ) -> list[Customer]:
        """Return the customers created or changed on that day or later."""
        fields = {"ModifiedSince": day}
        return self._rows("GetCustomersModifiedSince", Customer, "Customer", fields, **following)

    def get_customer(self, code: str) -> Customer | None:
        """Return the customer with that code, None if there is none."""
        return self._one("GetCustomer", Customer, {"CustomerCode": code}, "customer_id")

    def get_customer_by_id(self, customer_id: int) -> Customer | None:
        """Return the customer with that id, None if there is none."""
        return self._one("GetCustomerByID", Customer, {"CustomerID": customer_id}, "customer_id")

    def get_customer_by_email(self, email: str) -> Customer | None:
        """Return a customer with that email address, None if there is none."""
        return self._one("GetCustomerByEmail", Customer, {"CustomerEmail": email}, "customer_id")

    def insert_customer(self, customer: Customer) -> int:
        """Create a customer; return the id KashFlow gave. Without a code KashFlow makes one.

        Raises `CodeNotUnique` where another has the code, `CodeInvalid` where it has signs in it.
        """
        return self._insert("InsertCustomer", custr=customer)
