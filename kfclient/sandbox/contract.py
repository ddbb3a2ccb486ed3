"""The contract: every type and operation the sandbox serves, in the WSDL's names and order.

Source: the vendor's WSDL. The reader, the writer and `?WSDL` are all driven by this one
declaration. All 164 operations of 2017 are here, those that are only declared in `unoffered`, and
`AttachFileToInvoice` of 2026. The rest of 2026, the "2" family, answers as an unknown SOAPAction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

# What a SOAP contract is made of, and the short notation ours is written in.
#
# The notation keeps to what the service's WSDL needs. A field is `Name` (a string that may be
# null), `Name:kind` with `kind` an XML Schema scalar or the name of a type, or `Name1..20:kind` for
# a run. `ArrayOfX` needs no declaration; `ArrayOfAnyType/X` says that our replies put `X` in it. A
# type `Name(Base)` goes on where `Base` ends. An operation's request starts with the credentials,
# except where its name ends with `!`; its response ends with Status and StatusDetail, except where
# its result comes after `=` in place of `->`.

NAMESPACE = "KashFlow"
NO_DATE = "0001-01-01T00:00:00"
ANY = "AnyType"

Record = dict[str, Any]
"""A record by KashFlow's element names; what is not there has its type's default."""

VALUE_DEFAULTS: dict[str, Any] = {
    "int": 0,
    "decimal": Decimal(0),
    "boolean": False,
    "dateTime": NO_DATE,
}
"""Non-nullable kinds, and what .NET makes of one that a request leaves out."""

TEXT_KINDS = frozenset({"string", "integer", "base64Binary"})
"""Kinds that .NET holds as a string, and so may be null or empty."""

_FIELD = re.compile(r"(?P<name>\w+?)(?:(?P<first>\d+)\.\.(?P<last>\d+))?(?::(?P<kind>[\w/]+))?")
_OPERATION = re.compile(
    r"(?P<name>\w+)(?P<open>!?)\((?P<asks>[^)]*)\)"
    r"(?: (?P<sign>->|=) (?P<result>\w+))?(?: \+ (?P<more>.+))?"
)


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a type or message. `of` names what our replies put in an ArrayOfAnyType."""

    name: str
    kind: str
    of: str = ""

    @property
    def is_value(self) -> bool:
        """Whether the kind is a non-nullable value type: `minOccurs="1"` in the WSDL."""
        return self.kind in VALUE_DEFAULTS

    @property
    def is_text(self) -> bool:
        """Whether the kind is held as a string."""
        return self.kind in TEXT_KINDS

    @property
    def is_object(self) -> bool:
        """Whether the kind is a record or an array, null when it is left out."""
        return not (self.is_value or self.is_text)

    @property
    def item(self) -> str:
        """For an array, the name of the type of its items (`anyType` for ArrayOfAnyType)."""
        if not self.kind.startswith("ArrayOf"):
            return ""
        name = self.kind.removeprefix("ArrayOf")
        return "anyType" if name == ANY else name


_STATUS = (Element("Status", "string"), Element("StatusDetail", "string"))


@dataclass(frozen=True, slots=True)
class Type:
    """A complex type: a sequence of fields in the WSDL's order."""

    name: str
    fields: tuple[Element, ...]
    base: Type | None = None

    @property
    def own(self) -> tuple[Element, ...]:
        """The fields that its base does not have."""
        return self.fields[len(self.base.fields) :] if self.base else self.fields

    def lean(self, record: Record) -> Record:
        """Return the record without unknown fields and without fields at their default."""
        kept = ((f.name, record.get(f.name), VALUE_DEFAULTS.get(f.kind)) for f in self.fields)
        return {name: value for name, value, default in kept if value not in (None, default)}


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation: what its request holds, and what its response holds, in order."""

    name: str
    asks: tuple[Element, ...]
    result: Element | None
    more: tuple[Element, ...] = ()
    has_credentials: bool = True
    has_status: bool = True

    @property
    def action(self) -> str:
        """The SOAPAction, without quotes."""
        return f"{NAMESPACE}/{self.name}"

    @property
    def answers(self) -> tuple[Element, ...]:
        """The response's fields: result (if any), Status, StatusDetail, and what follows."""
        result = (self.result,) if self.result else ()
        return (*result, *(_STATUS if self.has_status else ()), *self.more)


def fields(notation: str) -> tuple[Element, ...]:
    """Parse `Name Name:kind Name1..20:kind ...`; raise ValueError at what is none of these."""
    parsed: list[Element] = []
    for word in notation.split():
        match = _FIELD.fullmatch(word)
        if match is None:
            raise ValueError(f"not a field: {word}")
        kind, _, of = (match["kind"] or "string").partition("/")
        if match["first"]:
            run = range(int(match["first"]), int(match["last"]) + 1)
            parsed += [Element(f"{match['name']}{number}", kind, of) for number in run]
        else:
            parsed.append(Element(match["name"], kind, of))
    return tuple(parsed)


def types(notation: str) -> dict[str, Type]:
    """Parse `Name: fields` blocks; indented lines go on with the type above."""
    declared: dict[str, Type] = {}
    for block in re.split(r"\n(?=\S)", notation.strip()):
        head, _, rest = block.partition(":")
        name, _, base = head.rstrip(")").partition("(")
        above = declared[base] if base else None
        declared[name] = Type(name, (above.fields if above else ()) + fields(rest), above)
    return declared


def operations(notation: str) -> dict[str, Operation]:
    """Parse lines `Name(fields) -> kind + fields`; raise ValueError at what is none."""
    declared: dict[str, Operation] = {}
    for line in notation.strip().splitlines():
        match = _OPERATION.fullmatch(line.strip())
        if match is None:
            raise ValueError(f"not an operation: {line}")
        name = match["name"]
        result = fields(f"{name}Result:{match['result']}")[0] if match["result"] else None
        declared[name] = Operation(
            name,
            fields(match["asks"] if match["open"] else "UserName Password " + match["asks"]),
            result,
            fields(match["more"] or ""),
            has_credentials=not match["open"],
            has_status=match["sign"] != "=",
        )
    return declared


# The rest of the vendor's contract: declared, so that any client of it loads and any call answers.
#
# The sandbox keeps no quotes, journals, bank transactions, sub-products or reports, and sends no
# e-mail. What `EMPTY` names is a list of such things, and truly empty; the others answer Status NO
# with a sentence that says so.

UNOFFERED_TYPES = """
BankTransaction: ID:int accid:int TransactionDate:dateTime moneyin:decimal moneyout:decimal
    Vatable:int VatRate:decimal VatAmount:decimal TransactionType:int Comment ProjectID:int
    CustomerId:int SupplierId:int
BalanceSheet: Date:dateTime FixedAssets:ArrayOfAnyType FixedAssetsTotal:decimal
    CurrentAssets:ArrayOfAnyType CurrentAssetsTotal:decimal CurrentLiabilities:ArrayOfAnyType
    CurrentLiabilitiesTotal:decimal CapitalReserves:ArrayOfAnyType CapitalReservesTotal:decimal
ProfitAndLoss: StartDate:dateTime EndDate:dateTime Turnover:ArrayOfAnyType TurnoverTotal:decimal
    CostOfSales:ArrayOfAnyType CostOfSalesTotal:decimal GrossProfit:decimal
    Expenses:ArrayOfAnyType ExpensesTotal:decimal NetProfit:decimal
MonthlyPL: PeriodStart:dateTime PeriodEnd:dateTime Turnover:decimal GrossProfit:decimal
    NetProfit:decimal
NominalCodeBalance(NominalCode): OpeningBalance:decimal
VATReport: StartDate:dateTime EndDate:dateTime SubmittedToAccounts:boolean
    SubmittedToHMRC:boolean SubmittedtoHMRCDate:dateTime HMRCReference Box1..9:decimal
TransactionInformation: Date:dateTime nomid:int Value:decimal Type:int id:int id2:int id3:int
    Ref1 Ref2 Ref3 Narrative ProjId:int
AgedDebtorsCreditors: id:int Name Code Balance:decimal Current:decimal Period1_name
    Period1_val:decimal Period2_name Period2_val:decimal Period3_name Period3_val:decimal
    Older:decimal
JournalLine: NominalID:int Amount:decimal Comment ProjId:int
JournalEntry: DBID:int JournalNumber:int JournalDate:dateTime Comment Lines:ArrayOfAnyType
AccountOverview: TotalDue:decimal TotalOwed:decimal ReceiptsOverdue:decimal SalesOverdue:decimal
    ReceiptPartPayments:decimal ReceiptPartPaymentsOverdue:decimal InvoicePartPayments:decimal
    InvoicePartPaymentsOverdue:decimal
"""

UNOFFERED_OPERATIONS = """
    GetCustomerAdvancePayments(CustomerId:int) -> ArrayOfBankTransaction
    GetBankTransactions(AccountID:int) -> ArrayOfBankTransaction
    InsertBankTransaction(bp:BankTransaction) -> int
    UpdateBankTransaction(bp:BankTransaction TransactionID:int) -> int
    DeleteBankTransaction(TransactionID:int) -> int
    AllocateAdvancePaymentToInvoice(InvoiceNumber:int BankTxId:int) -> int
    AllocateAdvancePaymentToReceipt(ReceiptNumber:int BankTxId:int) -> int
    GetBalanceSheet(Date:dateTime) -> BalanceSheet
    GetProfitAndLoss(StartDate:dateTime EndDate:dateTime) -> ProfitAndLoss
    GetMonthlyProfitAndLoss(StartDate:dateTime EndDate:dateTime) -> ArrayOfMonthlyPL
    GetTrialBalance(StartDate:dateTime EndDate:dateTime) -> ArrayOfNominalCode
    GetTrialBalanceWithOpeningBalances(StartDate:dateTime EndDate:dateTime)\
 -> ArrayOfNominalCodeBalance
    GetVATReport(StartDate:dateTime EndDate:dateTime) -> VATReport
    GetDigitaCSVFile(StartDate:dateTime EndDate:dateTime) -> string
    GetNominalLedger(StartDate:dateTime EndDate:dateTime NominalID:int)\
 -> ArrayOfTransactionInformation
    GetAgedDebtors(AgedDebtorsDate:dateTime) -> ArrayOfAgedDebtorsCreditors
    GetAgedCreditors(AgedCreditorsDate:dateTime) -> ArrayOfAgedDebtorsCreditors
    GetIncomeByCustomer(StartDate:dateTime EndDate:dateTime BasedOnInvoiceDate:boolean)\
 -> ArrayOfBasicDataset
    GetKPIs(StartDate:dateTime EndDate:dateTime ExcludeVAT:int ExcludeSameDayPays:int)\
 -> ArrayOfBasicDataset
    GetAccountOverview() -> AccountOverview
    InsertJournal(Jnl:JournalEntry) -> int
    UpdateJournal(Jnl:JournalEntry) -> int
    UpdateJournalHeader(Jnl:JournalEntry) -> int
    GetJournals() -> ArrayOfJournalEntry
    GetJournal(JournalNumber:int) -> JournalEntry
    DeleteJournal(JournalNumber:int) -> int
    DeleteJournalByID(JournalID:int) -> int
    VCFToCustomerObjects(inStream:base64Binary) -> ArrayOfCustomer
    AddOrUpdateSubProduct(sp:SubProduct) -> int
    GetSubProducts(NominalID:int) -> ArrayOfSubProduct
    GetSubProductByID(ProductID:int) -> SubProduct
    GetSubProductByCode(ProductCode) -> SubProduct
    SageFile!(buffer:base64Binary reference) = string
    SageFileImport!(iSetID:int) = string
    InsertQuote(Quote:Invoice) -> int
    InsertQuoteLine(QuoteID:int QuoteLine:InvoiceLine) -> int
    GetQuoteByID(QuoteID:int) -> Invoice
    GetQuoteByNumber(QuoteNumber:int) -> Invoice
    GetQuotes_Recent(NumberOfQuotes:int) -> ArrayOfInvoice
    GetQuotes() -> ArrayOfInvoice
    GetQuotesForCustomer(CustID:int) -> ArrayOfInvoice
    ConvertQuoteToInvoice(QuoteID:int CustomerID:int CopyQuoteReference:int\
 deleteQuoteAfterConversion:int) -> Invoice
    isStillQuote(QuoteID:int) -> boolean
    UpdateQuote(Quote:Invoice) -> int
    UpdateQuoteHeader(Quote:Invoice) -> int
    DeleteQuote(QuoteNumber:int) -> int
    DeleteQuoteByID(QuoteID:int) -> int
    DeleteQuoteLineWithQuoteID(LineID:int QuoteID:int) -> int
    DeleteQuoteLine(LineID:int QuoteNumber:int) -> int
    PrintInvoice(InvoiceNumber:int InvoiceNumberList) -> string
    EmailInvoice(InvoiceNumber:int FromEmail FromName SubjectLine Body RecipientEmail)
    GetPaypalLink(InvoiceNumber:int) -> string
    PrintPurchaseOrder(ReceiptNumber:int ReceiptNumberList) -> string
    EmailPurchaseOrder(ReceiptNumber:int FromEmail FromName SubjectLine Body\
 RecipientEmail) -> string
"""

EMPTY = frozenset(
    {
        "GetCustomerAdvancePayments",
        "GetBankTransactions",
        "GetJournals",
        "GetSubProducts",
        "GetQuotes",
        "GetQuotes_Recent",
        "GetQuotesForCustomer",
    }
)
"""Lists of what these books cannot hold."""


_TYPES = """
Customer: CustomerID:int Code Name Contact Telephone Mobile Fax Email
    Address1..4 CountryName CountryCode Postcode Website EC:int OutsideEC:int Notes Source:int
    Discount:decimal ShowDiscount:boolean PaymentTerms:int ExtraText1..20 CheckBox1..20:int
    Created:dateTime Updated:dateTime CurrencyID:int
    ContactTitle ContactFirstName ContactLastName CustHasDeliveryAddress:integer
    DeliveryAddress1..4 DeliveryCountryName DeliveryCountryCode DeliveryPostcode VATNumber
CustomerBalance: CustomerId:int CustomerCode Value:decimal Balance:decimal
Supplier: SupplierID:int Code Name Contact Mobile Fax Address1..4 PostCode Telephone Website Email
    Created:dateTime Updated:dateTime EC:int VATNumber Notes CurrencyID:int PaymentTerms:int
    ContactTitle ContactFirstName ContactLastName
BasicDataset: ID:int Name Description Value:decimal
Project: ID:int Number:int Name Reference Description Date1..2:dateTime CustomerID:int Status:int
BankAccount: AccountID:int AccountName AccountCode:int
Payment: PayID:int PayInvoice:int PayDate:dateTime PayNote PayMethod:int PayAccount:int
    PayAmount:decimal
PaymentMethod: MethodID:int MethodName
InvoiceLine: Quantity:decimal Description Rate:decimal ChargeType:int VatRate:decimal
    VatAmount:decimal ProductID:int Sort:int ProjID:int LineID:int ValuesInCurrency:integer
NominalCode: id:int Code:int Name debit:decimal credit:decimal balance:decimal
NominalCodeExtended: id:int Code:int Name debit:decimal credit:decimal balance:decimal
    TypeID:int TypeName ClassificationID:int ClassificationName AutoFill:int Price:decimal
    VATRate:decimal Description Archived:boolean
Currencies: CurrencyId:int CurrencyCode ExchangeRate:decimal isDefault:int
UserAccountDefaults: isVATRegistered:boolean VATNumber Currencies:ArrayOfAnyType/Currencies
UserAccountDefaults_TypeDefined: isVATRegistered:boolean VATNumber Currencies:ArrayOfCurrencies
CompanyDetails: CompanyName Address1..4 Postcode PrimaryEmail PrimaryContact Telephone Mobile
    VatRegistered VatRegistrationNumber PaymentTerms:int CurrencySymbol CurrencyPosition UsDate
    CurrencyId:int CurrencyName BusinessType1..3:int PaymentTermsType
    BusinessType1Name BusinessType2Name BusinessType3Name BusinessType:int
DeliveryAddress: Name Line1..4 PostCode CountryName CountryCode
Invoice: InvoiceDBID:int InvoiceNumber:int InvoiceDate:dateTime DueDate:dateTime Customer
    CustomerID:int Paid:int CustomerReference EstimateCategory SuppressTotal:int ProjectID:int
    CurrencyCode ExchangeRate:decimal ReadableString Lines:ArrayOfAnyType/InvoiceLine
    NetAmount:decimal VATAmount:decimal AmountPaid:decimal CustomerName PermaLink
    DeliveryAddress:DeliveryAddress UseCustomDeliveryAddress:boolean
Invoice_TypeDefined: InvoiceDBID:int InvoiceNumber:int InvoiceDate:dateTime DueDate:dateTime
    Customer CustomerID:int Paid:int CustomerReference EstimateCategory SuppressTotal:int
    ProjectID:int CurrencyCode ExchangeRate:decimal ReadableString Lines:ArrayOfInvoiceLine
    NetAmount:decimal VATAmount:decimal AmountPaid:decimal CustomerName
InvoiceNotes: InvoiceId:int NoteId:int NoteDate:dateTime Notes
ReceiptNotes: ReceiptId:int NoteId:int NoteDate:dateTime Notes
ReceiptAttachment: AttachmentID:int ReceiptID:int ActualFilename AmazonFilename
    UploadDate:dateTime ContentType MetaName MetaValue FileSize FileExtension FileURL
BankTXType: TypeID:int TypeName TypeCode:int
BankOverview: AccountID:int AccountName Balance:decimal
Product: ProductID:int ProductName ProductCode:int ProductDescription ManageStockLevels:int
    QtyInStock:int ProductPrice:decimal
SubProduct: id:int ParentID:int Name Code Description Price:decimal VatRate:decimal
    WholesalePrice:decimal Managed:int QtyInStock:int StockWarnQty:int AutoFill:int
ProductsFull(Product): subProducts:ArrayOfSubProduct
"""

TYPES: dict[str, Type] = types(_TYPES.rstrip() + UNOFFERED_TYPES)

_ACCOUNT = """
    AutoAuthIP(appName AutoAuthKey) -> int
    GetCompanyDetails() -> CompanyDetails
    isUserVATRegistered() -> boolean
    GetUserAccountDefaults() -> UserAccountDefaults
    GetUserAccountDefaults_TypeDefined() -> UserAccountDefaults_TypeDefined
    GetNominalCodes() -> ArrayOfNominalCode
    GetNominalCodesExtended() -> ArrayOfNominalCodeExtended
    InsertNominalCode(name code:int classification:int nomtype:int) -> int
    GetVATRates() -> ArrayOfBasicDataset
    GetProjects() -> ArrayOfBasicDataset
    GetProjects_Full(ProjStatus:int) -> ArrayOfProject
    GetProjectById(ProjId:int) -> Project
    GetProjectByRef(ProjRef) -> Project
    GetProjectByName(ProjName) -> Project
    InsertOrUpdateProject(Project:Project) -> int
    GetBankAccounts() -> ArrayOfBankAccount
    GetCurrencies() -> ArrayOfCurrencies
    GetRecPayMethods() -> ArrayOfPaymentMethod
    GetInvPayMethods() -> ArrayOfPaymentMethod
    CreateBankAccount(AccountName NominalCode:int) -> int
    GetBankBalance(AccountID:int BalanceDate:dateTime) -> decimal
    GetBankOverview() -> ArrayOfBankOverview
    GetBankTxTypes() -> ArrayOfBankTXType
    GetProducts() -> ArrayOfProduct
    GetProductsWithSubProducts() -> ArrayOfProductsFull
    IsOneSaaSEnabled() -> boolean
    GetRemoteLoginURL() -> string
    createAccount!(AccountCreationKey Username password memorableword EmailAddress CompanyName\
 Addr1 Addr2 Addr3 Addr4 Postcode ContactName Telephone VATRegistered:int VATNumber\
 USSettings:int promocode) -> int
"""

_PARTIES = """
    GetSuppliers() -> ArrayOfSupplier
    GetSupplier(SupplierCode) -> Supplier
    GetSupplierByID(SupplierID:int) -> Supplier
    InsertSupplier(supl:Supplier) -> int
    UpdateSupplier(sup:Supplier)
    DeleteSupplier(SupplierID:int) -> int
    GetSupplierVATNumber(SupplierCode) -> string
    SetSupplierVATNumber(SupVATNumber SupplierCode) -> int
    GetSupplierCurrency(SupplierCode) -> string
    SetSupplierCurrency(CurrencyCode SupplierCode) -> int
    GetCustomers() -> ArrayOfCustomer
    GetCustomersModifiedSince(ModifiedSince:dateTime) -> ArrayOfCustomer
    GetCustomersByPostcode(Postcode) -> ArrayOfCustomer
    GetCustomer(CustomerCode) -> Customer
    GetCustomerByID(CustomerID:int) -> Customer
    GetCustomerByEmail(CustomerEmail) -> Customer
    SearchCustomerByCustText(SearchVal) -> Customer
    GetCustomerBalance(CustomerCode) -> CustomerBalance
    GetCustomerSources() -> ArrayOfBasicDataset
    InsertCustomer(custr:Customer) -> int
    UpdateCustomer(custr:Customer) -> string
    DeleteCustomer(CustomerID:int) -> int
    GetCustomerVATNumber(CustomerCode) -> string
    SetCustomerVATNumber(CustVATNumber CustomerCode) -> int
    GetCustomerCurrency(CustomerCode) -> string
    SetCustomerCurrency(CurrencyCode CustomerCode) -> int
"""

_RECEIPTS = """
    InsertReceipt(Inv:Invoice) -> int
    InsertReceipt_TypeDefined(Inv_TD:Invoice_TypeDefined) -> int
    InsertReceiptLine(ReceiptID:int InvLine:InvoiceLine) -> int
    InsertReceiptLineFromNumber(ReceiptNumber:int InvLine:InvoiceLine) -> int
    UpdateReceipt(Receipt:Invoice) -> int
    UpdateReceipt_TypeDefined(Receipt_TD:Invoice_TypeDefined) -> int
    UpdateReceiptHeader(Receipt:Invoice) -> int
    DeleteReceipt(ReceiptNumber:int) -> int
    DeleteReceiptByID(ReceiptID:int) -> int
    DeleteReceiptLine(LineID:int ReceiptNumber:int) -> int
    DeleteReceiptLineWithReceiptID(LineID:int ReceiptID:int) -> int
    GetReceipt(ReceiptNumber:int) -> Invoice
    GetReceipt_TypeDefined(ReceiptNumber:int) -> Invoice_TypeDefined
    GetReceipts() -> ArrayOfInvoice
    GetReceipts_Recent(NumberOfReceipts:int) -> ArrayOfInvoice
    GetReceiptsWithPaging(Page:int PerPage:int FilterBy) -> ArrayOfInvoice\
 + PageNumber:int TotalPages:int TotalRecords:int
    GetReceiptsForSupplier(SupplierID:int) -> ArrayOfInvoice
    InsertReceiptPayment(ReceiptPayment:Payment) -> int
    GetReceiptPayment(ReceiptNumber:int) -> ArrayOfPayment
    DeleteReceiptPayment(ReceiptPaymentNumber:int) -> int
    InsertReceiptNote(ReceiptId:int NoteDate:dateTime Notes) -> boolean
    GetReceiptNotes(ReceiptId:int) -> ArrayOfReceiptNotes
    AttachFileToReceipt(ReceiptNo:int Base64String ContentType Filename FileExtension\
 FileSize) -> int
    GetReceiptAttachments(ReceiptID:int) -> ArrayOfReceiptAttachment
    DeleteReceiptAttachment(ReceiptID:int AttachmentID:int) -> int
"""

_INVOICES = """
    InsertInvoice(Inv:Invoice) -> int
    InsertInvoice_TypeDefined(Inv_TD:Invoice_TypeDefined) -> int
    InsertInvoiceLine(InvoiceID:int InvLine:InvoiceLine) -> int
    InsertInvoiceLineWithInvoiceNumber(InvoiceNumber:int InvLine:InvoiceLine) -> int
    UpdateInvoice(Inv:Invoice)
    UpdateInvoice_TypeDefined(InvTD:Invoice_TypeDefined)
    UpdateInvoiceHeader(Inv:Invoice)
    DeleteInvoice(InvoiceNumber:int) -> int
    DeleteInvoiceByID(InvoiceID:int) -> int
    DeleteInvoiceLine(LineID:int InvoiceNumber:int) -> int
    DeleteInvoiceLineWithInvoiceID(LineID:int InvoiceID:int) -> int
    GetInvoice(InvoiceNumber:int) -> Invoice
    GetInvoice_TypeDefined(InvoiceNumber:int) -> Invoice_TypeDefined
    GetInvoiceByID(InvoiceID:int) -> Invoice
    GetInvoicesByDateRange(StartDate:dateTime EndDate:dateTime) -> ArrayOfInvoice
    GetInvoicesForCustomer(CustID:int) -> ArrayOfInvoice
    GetInvoicesForCustomer_typeDefined(CustID:int) -> ArrayOfInvoice_TypeDefined
    GetInvoices_Recent(NumberOfInvoices:int) -> ArrayOfInvoice
    GetInvoices_Recent_TypeDefined(NumberOfInvoices:int) -> ArrayOfInvoice_TypeDefined
    GetInvoices_Unpaid() -> ArrayOfInvoice
    GetInvoices_Unpaid_TypeDefined() -> ArrayOfInvoice_TypeDefined
    GetInvoices_Overdue() -> ArrayOfInvoice
    GetInvoices_Overdue_TypeDefined() -> ArrayOfInvoice_TypeDefined
    InsertInvoicePayment(InvoicePayment:Payment) -> int
    GetInvoicePayment(InvoiceNumber:int) -> ArrayOfPayment
    DeleteInvoicePayment(InvoicePaymentNumber:int)
    GetInvoicePaymentsCountforDateRange(StartDate:dateTime EndDate:dateTime) -> int
    GetInvoicePaymentsByDateRange(StartDate:dateTime EndDate:dateTime\
 PageNumber:int) -> ArrayOfPayment
    InsertInvoiceNote(InvoiceId:int NoteDate:dateTime Notes) -> boolean
    GetInvoiceNotes(InvoiceId:int) -> ArrayOfInvoiceNotes
    applyCreditNoteToInvoice(InvoiceID:int CreditNoteID:int) -> boolean
    AttachFileToInvoice(InvoiceNo:int Base64String ContentType Filename FileExtension\
 FileSize) -> int
"""

OPERATIONS: dict[str, Operation] = {
    name: operation
    for notation in (_ACCOUNT, _PARTIES, _RECEIPTS, _INVOICES, UNOFFERED_OPERATIONS)
    for name, operation in operations(notation).items()
}
