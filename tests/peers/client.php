<?php
// PHP's own SoapClient, as integrators write it: reads what to do from standard input, tells what it
// saw on standard output. The first argument is the version of SOAP, 11 or 12.
ini_set('soap.wsdl_cache_enabled', '0');
ini_set('display_errors', 'stderr');
$asks = json_decode(stream_get_contents(STDIN), true);
$client = new SoapClient($asks['wsdl'], [
    'location' => $asks['endpoint'],
    'cache_wsdl' => WSDL_CACHE_NONE,
    'soap_version' => $argv[1] === '12' ? SOAP_1_2 : SOAP_1_1,
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
]);
$who = ['UserName' => $asks['username'], 'Password' => $asks['password']];
$result = function (string $operation, array $fields = []) use ($client, $who) {
    $reply = $client->$operation($who + $fields);
    if ($reply->Status !== 'OK') {
        throw new Exception("$operation: $reply->StatusDetail");
    }
    return $reply->{$operation . 'Result'};
};
$day = '2026-03-01T00:00:00';
$seen = [];
$seen['stranger'] = $client->GetVATRates(['UserName' => 'x', 'Password' => 'y'])->StatusDetail;
$seen['unlisted'] = $client->GetVATRates($who)->StatusDetail;
$result('AutoAuthIP', ['appName' => 'php', 'AutoAuthKey' => $asks['key']]);
$seen['company'] = $result('GetCompanyDetails')->CompanyName;
$seen['rates'] = array_map(fn ($row) => (string) $row->Value, $result('GetVATRates')->BasicDataset);
$seen['customers'] = count($result('GetCustomers')->Customer);
$method = $result('GetRecPayMethods')->PaymentMethod[0]->MethodID;
$bank = $result('GetBankAccounts')->BankAccount[0]->AccountID;
foreach ($result('GetNominalCodes')->NominalCode as $row) {
    if ($row->Code === 7500) {
        $printing = $row->id;
    }
}
$seen['supplier'] = $result('InsertSupplier', ['supl' => [
    'SupplierID' => 0, 'Name' => $asks['supplier'], 'Created' => $day, 'Updated' => $day,
    'EC' => 0, 'CurrencyID' => 0, 'PaymentTerms' => 0,
]]);
$seen['suppliers'] = array_map(fn ($row) => $row->Name, $result('GetSuppliers')->Supplier);
$lines = array_map(fn ($line) => new SoapVar([
    'Quantity' => $line[1], 'Description' => $line[0], 'Rate' => $line[2],
    'ChargeType' => $printing, 'VatRate' => 20, 'VatAmount' => $line[3],
    'ProductID' => 0, 'Sort' => 0, 'ProjID' => 0, 'LineID' => 0,
], SOAP_ENC_OBJECT, 'InvoiceLine', 'KashFlow'), $asks['lines']);
$number = $result('InsertReceipt', ['Inv' => [
    'InvoiceDBID' => 0, 'InvoiceNumber' => 0, 'InvoiceDate' => $day, 'DueDate' => $day,
    'CustomerID' => $seen['supplier'], 'Paid' => 0, 'CustomerReference' => $asks['reference'],
    'SuppressTotal' => 0, 'ProjectID' => 0, 'ExchangeRate' => 0, 'Lines' => $lines,
    'NetAmount' => 0, 'VATAmount' => 0, 'AmountPaid' => 0, 'UseCustomDeliveryAddress' => false,
]]);
$seen['number'] = $number;
$found = $result('GetReceipt', ['ReceiptNumber' => $number]);
$seen['net'] = (string) $found->NetAmount;
$seen['vat'] = (string) $found->VATAmount;
$seen['reference'] = $found->CustomerReference;
// PHP gives an anyType as an object, or as a SoapVar where it does not know its type.
$read = array_map(fn ($line) => $line->enc_value ?? $line, $found->Lines->anyType);
$seen['descriptions'] = array_map(fn ($line) => $line->Description, $read);
$seen['charge_types'] = array_map(fn ($line) => $line->ChargeType, $read);
$seen['paid_before'] = $found->Paid;
$result('InsertReceiptPayment', ['ReceiptPayment' => [
    'PayID' => 0, 'PayInvoice' => $number, 'PayDate' => $day, 'PayMethod' => $method,
    'PayAccount' => $bank, 'PayAmount' => $asks['paid'],
]]);
$seen['paid'] = $result('GetReceipt', ['ReceiptNumber' => $number])->Paid;
$page = $client->GetReceiptsWithPaging($who + ['Page' => 1, 'PerPage' => 100, 'FilterBy' => 'Paid']);
$seen['page'] = array_map(
    fn ($row) => $row->InvoiceNumber,
    $page->GetReceiptsWithPagingResult->Invoice
);
$seen['totals'] = [$page->PageNumber, $page->TotalPages, $page->TotalRecords];
$seen['deleted'] = $result('DeleteReceipt', ['ReceiptNumber' => $number]);
$page = $client->GetReceiptsWithPaging($who + ['Page' => 1, 'PerPage' => 100, 'FilterBy' => 'All']);
$seen['pages_after'] = $page->TotalRecords;
try {
    // In WSDL mode SoapClient makes 0 of a word; without, the word goes out as it is.
    $plain = new SoapClient(null, ['location' => $asks['endpoint'], 'uri' => 'KashFlow']);
    $number = new SoapVar('<ReceiptNumber xmlns="KashFlow">abc</ReceiptNumber>', XSD_ANYXML);
    $plain->__soapCall('GetReceipt', [$number], ['soapaction' => 'KashFlow/GetReceipt']);
    $seen['fault'] = 'none';
} catch (SoapFault $fault) {
    $seen['fault'] = $fault->getMessage();
}
echo json_encode($seen);
