"""The rest of the vendor's contract: declared, so that any client of it loads and any call answers.

The sandbox keeps no quotes, journals, bank transactions, sub-products or reports, and sends no
e-mail. What `EMPTY` names is a list of such things, and truly empty; the others answer Status NO
with a sentence that says so.
"""

from __future__ import annotations

TYPES = """
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

OPERATIONS = """
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
