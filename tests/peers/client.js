// node's `soap` package, as integrators use it: reads what to do from standard input, tells what it
// saw on standard output. The first argument is the version of SOAP, 11 or 12.
'use strict';

const soap = require('soap');

const DAY = '2026-03-01T00:00:00';
const asks = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const who = { UserName: asks.username, Password: asks.password };

async function main() {
  const client = await soap.createClientAsync(asks.wsdl, {
    endpoint: asks.endpoint,
    forceSoap12Headers: process.argv[2] === '12',
  });
  const call = async (name, fields = {}) => (await client[`${name}Async`]({ ...who, ...fields }))[0];
  const result = async (name, fields) => {
    const reply = await call(name, fields);
    if (reply.Status !== 'OK') throw new Error(`${name}: ${reply.StatusDetail}`);
    return reply[`${name}Result`];
  };
  const seen = {};
  seen.stranger = (await call('GetVATRates', { UserName: 'x', Password: 'y' })).StatusDetail;
  seen.unlisted = (await call('GetVATRates')).StatusDetail;
  await result('AutoAuthIP', { appName: 'node', AutoAuthKey: asks.key });
  seen.company = (await result('GetCompanyDetails')).CompanyName;
  seen.rates = (await result('GetVATRates')).BasicDataset.map((row) => String(row.Value));
  seen.customers = (await result('GetCustomers')).Customer.length;
  const method = (await result('GetRecPayMethods')).PaymentMethod[0].MethodID;
  const bank = (await result('GetBankAccounts')).BankAccount[0].AccountID;
  const printing = (await result('GetNominalCodes')).NominalCode.find((row) => row.Code === 7500).id;
  seen.supplier = await result('InsertSupplier', { supl: { Name: asks.supplier } });
  seen.suppliers = (await result('GetSuppliers')).Supplier.map((row) => row.Name);
  const lines = asks.lines.map(([text, quantity, rate, vat]) => ({
    attributes: { 'xsi:type': 'tns:InvoiceLine' },
    Quantity: quantity,
    Description: text,
    Rate: rate,
    ChargeType: printing,
    VatRate: 20,
    VatAmount: vat,
  }));
  const number = await result('InsertReceipt', {
    Inv: {
      InvoiceDate: DAY,
      DueDate: DAY,
      CustomerID: seen.supplier,
      CustomerReference: asks.reference,
      Lines: { anyType: lines },
    },
  });
  seen.number = number;
  const found = await result('GetReceipt', { ReceiptNumber: number });
  seen.net = String(found.NetAmount);
  seen.vat = String(found.VATAmount);
  seen.reference = found.CustomerReference;
  seen.descriptions = found.Lines.anyType.map((line) => line.Description);
  // An anyType's content has no type for this client: numbers are text there.
  seen.charge_types = found.Lines.anyType.map((line) => Number(line.ChargeType));
  seen.paid_before = found.Paid;
  await result('InsertReceiptPayment', {
    ReceiptPayment: {
      PayInvoice: number,
      PayDate: DAY,
      PayMethod: method,
      PayAccount: bank,
      PayAmount: asks.paid,
    },
  });
  seen.paid = (await result('GetReceipt', { ReceiptNumber: number })).Paid;
  const page = await call('GetReceiptsWithPaging', { Page: 1, PerPage: 100, FilterBy: 'Paid' });
  seen.page = page.GetReceiptsWithPagingResult.Invoice.map((row) => row.InvoiceNumber);
  seen.totals = [page.PageNumber, page.TotalPages, page.TotalRecords];
  seen.deleted = await result('DeleteReceipt', { ReceiptNumber: number });
  const rest = await call('GetReceiptsWithPaging', { Page: 1, PerPage: 100, FilterBy: 'All' });
  seen.pages_after = rest.TotalRecords;
  try {
    await call('GetReceipt', { ReceiptNumber: 'abc' });
    seen.fault = 'none';
  } catch (error) {
    seen.fault = error.message;
  }
  console.log(JSON.stringify(seen));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
