"""Suppliers and customers."""

from __future__ import annotations

from datetime import date
from typing import Unpack

from kfclient.api.caller import Caller, Following
from kfclient.api.errors import BadRequest
from kfclient.api.records import Customer, Supplier


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
