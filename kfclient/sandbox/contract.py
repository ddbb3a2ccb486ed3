"""The contract: every type and operation the sandbox serves, in the WSDL's names and order.

Source: the vendor's WSDL. The reader, the writer and `?WSDL` are all driven by this one
declaration. All 164 operations of 2017 are here, those that are only declared in `unoffered`, and
`AttachFileToInvoice` of 2026. The rest of 2026, the "2" family, answers as an unknown SOAPAction.
"""

from __future__ import annotations

from kfclient.sandbox import unoffered
from kfclient.sandbox.schema import Operation, Type, operations, types

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

TYPES: dict[str, Type] = types(_TYPES.rstrip() + unoffered.TYPES)

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
    for notation in (_ACCOUNT, _PARTIES, _RECEIPTS, _INVOICES, unoffered.OPERATIONS)
    for name, operation in operations(notation).items()
}
