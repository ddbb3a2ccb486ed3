// A KashFlow-shaped server on node's `soap` package, from the vendor's WSDL (the first argument).
// It says on standard output where it listens, then each request that it got, a line of JSON each.
'use strict';

const fs = require('fs');
const http = require('http');
const soap = require('soap');

const [wsdl, username, password, key] = process.argv.slice(2);
const DATES = { Created: '2026-01-05T10:11:12', Updated: '2026-01-05T10:11:12' };
const zeros = (names) => Object.fromEntries(names.map((name) => [name, 0]));
const suppliers = [
  { SupplierID: 11, Code: 'ACME01', Name: 'Acme & Sons', EC: 0, CurrencyID: 1, PaymentTerms: 30, ...DATES },
];
const receipts = [];
const payments = [];
let listed = false;

const printing = { id: 501, Code: 7500, Name: 'Printing', ...zeros(['debit', 'credit', 'balance']) };
const money = (values) => Math.round(values.reduce((sum, value) => sum + value, 0) * 100) / 100;

// What came in carries attributes, which this package would write back with undeclared prefixes.
const plain = (value) => JSON.parse(JSON.stringify(value, (name, held) => (name === 'attributes' ? undefined : held)));

function view(receipt) {
  const lines = [].concat(receipt.Lines ? receipt.Lines.anyType : []);
  const net = money(lines.map((line) => line.Quantity * line.Rate));
  const vat = money(lines.map((line) => Number(line.VatAmount)));
  const own = payments.filter((payment) => payment.PayInvoice === receipt.InvoiceNumber);
  const paid = money(own.map((payment) => Number(payment.PayAmount)));
  return { ...receipt, NetAmount: net, VATAmount: vat, AmountPaid: paid, Paid: paid >= net + vat ? 1 : 0 };
}

const numbered = (number) => receipts.find((receipt) => receipt.InvoiceNumber === Number(number));
const answers = {
  GetCompanyDetails: () => ({
    CompanyName: 'Elsewhere Ltd',
    VatRegistered: 'Yes',
    ...zeros(['PaymentTerms', 'CurrencyId', 'BusinessType1', 'BusinessType2', 'BusinessType3', 'BusinessType']),
  }),
  isUserVATRegistered: () => true,
  GetSuppliers: () => ({ Supplier: suppliers }),
  GetCustomers: () => ({}),
  GetNominalCodes: () => ({ NominalCode: [printing] }),
  GetNominalCodesExtended: () => ({
    NominalCodeExtended: [
      {
        ...printing,
        ...{ TypeID: 3, TypeName: 'Expense', ClassificationID: 2, ClassificationName: 'Outgoing Type' },
        ...{ AutoFill: 0, Price: 0, VATRate: 0, Archived: false },
      },
    ],
  }),
  GetVATRates: () => ({
    BasicDataset: [
      { ID: 1, Name: '20%', Description: '20%', Value: 20 },
      { ID: 2, Name: '0%', Description: '0%', Value: 0 },
    ],
  }),
  GetProjects_Full: () => ({}),
  GetBankAccounts: () => ({
    BankAccount: [{ AccountID: 7, AccountName: 'Current account', AccountCode: 1200 }],
  }),
  GetCurrencies: () => ({
    Currencies: [{ CurrencyId: 1, CurrencyCode: 'GBP', ExchangeRate: 1, isDefault: 1 }],
  }),
  GetRecPayMethods: () => ({ PaymentMethod: [{ MethodID: 31, MethodName: 'BACS' }] }),
  GetInvPayMethods: () => ({ PaymentMethod: [{ MethodID: 31, MethodName: 'BACS' }] }),
  InsertSupplier: ({ supl }) => {
    const number = 12 + suppliers.length;
    suppliers.push({ ...plain(supl), ...DATES, SupplierID: number, Code: `S${number}` });
    return number;
  },
  InsertReceipt: ({ Inv }) => {
    const number = 500 + receipts.length;
    receipts.push({ ...plain(Inv), InvoiceNumber: number, InvoiceDBID: 90000 + number });
    return number;
  },
  GetReceipt: ({ ReceiptNumber }) => view(numbered(ReceiptNumber)),
  GetReceiptsForSupplier: ({ SupplierID }) => ({
    Invoice: receipts.filter((receipt) => receipt.CustomerID === SupplierID).map(view),
  }),
  GetReceiptsWithPaging: () => ({ Invoice: receipts.map(view) }),
  InsertReceiptPayment: ({ ReceiptPayment }) => {
    payments.push({ ...plain(ReceiptPayment), PayID: 300 + payments.length });
    return 299 + payments.length;
  },
  GetReceiptPayment: ({ ReceiptNumber }) => ({
    Payment: payments.filter((payment) => payment.PayInvoice === Number(ReceiptNumber)),
  }),
  DeleteReceipt: ({ ReceiptNumber }) => {
    receipts.splice(receipts.indexOf(numbered(ReceiptNumber)), 1);
    return 1;
  },
};

function answer(name, asks) {
  const no = (sentence) => ({ Status: 'NO', StatusDetail: sentence });
  if (asks.UserName !== username || asks.Password !== password) return no('Incorrect username or password');
  if (name === 'AutoAuthIP') {
    if (asks.AutoAuthKey !== key) return no('That key is not ours');
    listed = true;
    return { AutoAuthIPResult: 1, Status: 'OK', StatusDetail: '' };
  }
  if (!listed) return no('The IP address of 127.0.0.1 is not in the access list');
  const pages = { PageNumber: 1, TotalPages: 1, TotalRecords: receipts.length };
  const more = name.endsWith('WithPaging') ? pages : {};
  return { [`${name}Result`]: answers[name](asks), Status: 'OK', StatusDetail: '', ...more };
}

const operations = Object.fromEntries(
  ['AutoAuthIP', ...Object.keys(answers)].map((name) => [name, (asks) => answer(name, asks)]),
);
const server = http.createServer((request, response) => {
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(receipts.map(view)));
});
server.listen(0, '127.0.0.1', () => {
  const ports = { KashFlowAPISoap: operations, KashFlowAPISoap12: operations };
  const made = soap.listen(server, '/api/service.asmx', { KashFlowAPI: ports }, fs.readFileSync(wsdl, 'utf8'));
  made.log = (kind, data) => {
    if (kind === 'received') console.log(JSON.stringify(data));
  };
  console.log(JSON.stringify(`http://127.0.0.1:${server.address().port}/api/service.asmx`));
});
