//! What the company shows: settings, chart, lists of documents, reports.

use super::*;
use saldo_core::book::{
    BookSettings, ChartEntry, ChartKind, ChartPage, DocumentPage, KeptAccounts, ListRoom,
};
use saldo_core::exchange::Permit;
use saldo_core::money::Balance;

pub(super) const HOST: &str = "<HostRet><ProductName>QuickBooks Premier 2024</ProductName>\
    <Country>US</Country>\
    <SupportedQBXMLVersion>12.0</SupportedQBXMLVersion>\
    <SupportedQBXMLVersion>13.0</SupportedQBXMLVersion></HostRet>";
const COMPANY: &str = "<CompanyRet><CompanyName>Mug shop</CompanyName></CompanyRet>";
pub(super) const PREFERENCES: &str = "<PreferencesRet><AccountingPreferences>\
    <IsUsingClassTracking>true</IsUsingClassTracking><ClosingDate>2026-09-30</ClosingDate>\
    </AccountingPreferences><SalesTaxPreferences><DefaultItemSalesTaxRef><FullName>CA</FullName>\
    </DefaultItemSalesTaxRef></SalesTaxPreferences></PreferencesRet>";

/// How many names, customers, vendors, items, payment methods and terms there are.
fn counts(held: [&str; 6]) -> String {
    let kinds = [
        ("Entity", "names"),
        ("Customer", "customers"),
        ("Vendor", "vendors"),
        ("Item", "items"),
        ("PaymentMethod", "payment methods"),
        ("Terms", "terms"),
    ];
    let counted = kinds.into_iter().zip(held).map(|((kind, list), held)| {
        let answered = response(&format!("{kind}Query"), &format!("count of {list}"), "");
        answered.replacen("Rs ", &format!("Rs retCount=\"{held}\" "), 1)
    });
    counted.collect()
}

pub(super) fn settings_answer(host: &str, preferences: &str) -> String {
    [
        response("HostQuery", "Host", host),
        response("CompanyQuery", "Company", COMPANY),
        response("PreferencesQuery", "Preferences", preferences),
        counts(["30", "20", "9", "14500", "8", "7"]),
    ]
    .concat()
}

/// The preferences of a company that keeps several currencies, its own called so.
pub(super) fn with_currencies(home: &str) -> String {
    let preferences = format!(
        "<MultiCurrencyPreferences><IsMultiCurrencyOn>true</IsMultiCurrencyOn><HomeCurrencyRef>\
         <FullName>{home}</FullName></HomeCurrencyRef></MultiCurrencyPreferences>\
         <SalesTaxPreferences>"
    );
    PREFERENCES.replace("<SalesTaxPreferences>", &preferences)
}

/// What is said of ways of being paid and terms of payment; nothing of currencies.
pub(super) fn small_lists(methods: &str, terms: &str) -> String {
    response("PaymentMethodQuery", "PaymentMethod@@", methods)
        + &response("StandardTermsQuery", "StandardTerms@@", terms)
        + &refusal("CurrencyQuery", "Currency", 3250, "This feature is not enabled.")
}

fn settings(host: &str, preferences: &str) -> Result<BookSettings, String> {
    let text = answer(&settings_answer(host, preferences));
    match hear(&[Task::ReadSettings], &context(&[]), &text) {
        Ok(outcomes) => match &outcomes[..] {
            [Outcome::Settings(settings)] => Ok(settings.clone()),
            other => panic!("{other:?}"),
        },
        Err(fault) => {
            assert_eq!(fault.permits, Permit::Never);
            Err(fault.message)
        }
    }
}

#[test]
fn settings_say_what_the_owner_decided() {
    let room = |list: &str, held, limit| ListRoom { list: list.to_owned(), held, limit };
    let open = BookSettings {
        program: Some("QuickBooks Premier 2024".to_owned()),
        lists: vec![
            room("names", 30, Some(14_500)),
            room("customers", 20, Some(10_000)),
            room("vendors", 9, Some(10_000)),
            room("items", 14_500, Some(14_500)),
            room("payment methods", 8, Some(10_000)),
            room("terms", 7, Some(10_000)),
        ],
        one_currency: true,
        ..BookSettings::default()
    };
    let closed = BookSettings { closed_until: Some(date(2026, 9, 30)), ..open.clone() };
    assert_eq!(settings(HOST, PREFERENCES), Ok(closed.clone()));
    let off = PREFERENCES.replace(">true<", ">false<");
    let switched_off = ["class".to_owned()].into();
    assert_eq!(settings(HOST, &off), Ok(BookSettings { switched_off, ..closed.clone() }));
    let never = PREFERENCES.replace("<ClosingDate>2026-09-30</ClosingDate>", "");
    assert_eq!(settings(HOST, &never), Ok(open.clone()));
    let several = settings(HOST, &with_currencies("US Dollar")).unwrap();
    assert_eq!(several, BookSettings { one_currency: false, ..closed });
    let enterprise = HOST.replace("Premier 2024", "Enterprise Solutions 24.0");
    let large = settings(&enterprise, &never).unwrap();
    assert!(large.lists.iter().all(|room| room.left().is_none()), "{large:?}");
    assert!(large.lists.iter().map(|room| room.held).eq(open.lists.iter().map(|it| it.held)));
    let text = answer(&settings_answer(HOST, PREFERENCES).replace("retCount=\"20\"", ""));
    let fault = hear(&[Task::ReadSettings], &context(&[]), &text).unwrap_err();
    assert_eq!(fault.message, "quickbooks says `` as the count of customers");
}

#[test]
fn what_stops_work_is_told_with_what_to_do() {
    let old = HOST.replace("<SupportedQBXMLVersion>13.0</SupportedQBXMLVersion>", "");
    assert_eq!(
        settings(&old, PREFERENCES).unwrap_err(),
        "QuickBooks Premier 2024 does not take messages of the version 13.0: QuickBooks 2014 \
         or later is needed"
    );
    let canada = HOST.replace(">US<", ">CA<");
    assert_eq!(
        settings(&canada, PREFERENCES).unwrap_err(),
        "QuickBooks Premier 2024 is the edition of CA: only that of the United States is \
         supported, since others want a tax code on each line"
    );
    let untaxed = "<PreferencesRet><AccountingPreferences/></PreferencesRet>";
    assert_eq!(
        settings(HOST, untaxed).unwrap_err(),
        "sales tax is switched off in QuickBooks, so that lines cannot say that it must add \
         none: choose Edit > Preferences > Sales Tax > Company Preferences, and answer `Do \
         you charge sales tax?` by Yes"
    );
    let euro = with_currencies("Euro");
    assert_eq!(
        settings(HOST, &euro).unwrap_err(),
        "the company keeps its books in Euro, and Saldo's are in USD"
    );
    assert!(settings(HOST, &PREFERENCES.replace("2026-09-30", "soon")).is_err());
}

pub(super) fn chart(page: Option<&str>, text: &str) -> ChartPage {
    let task = Task::ReadChart { page: page.map(str::to_owned) };
    match hear(&[task], &context(&[]), text).unwrap().remove(0) {
        Outcome::Chart(page) => page,
        other => panic!("{other:?}"),
    }
}

/// A service, an item that is kept in stock, and one that is made of others.
const ITEMS: &str = "<ItemServiceRet><ListID>4</ListID><FullName>Saldo Tips</FullName>\
    <SalesOrPurchase><AccountRef><ListID>9</ListID></AccountRef></SalesOrPurchase>\
    </ItemServiceRet>\
    <ItemInventoryRet><ListID>5</ListID><Name>MUG-1</Name><FullName>Mugs:MUG-1</FullName>\
    <IncomeAccountRef><ListID>9</ListID></IncomeAccountRef>\
    <COGSAccountRef><ListID>10</ListID></COGSAccountRef>\
    <AssetAccountRef><ListID>11</ListID></AssetAccountRef></ItemInventoryRet>\
    <ItemInventoryAssemblyRet><ListID>12</ListID><Name>SET</Name><FullName>SET</FullName>\
    <IncomeAccountRef><ListID>9</ListID></IncomeAccountRef></ItemInventoryAssemblyRet>";

#[test]
fn the_first_page_of_the_chart_holds_all_small_lists_and_the_settings() {
    let accounts = "<AccountRet><ListID>1</ListID><FullName>Checking</FullName>\
        <AccountType>Bank</AccountType></AccountRet>\
        <AccountRet><ListID>2</ListID><FullName>Sales Tax Payable</FullName>\
        <AccountType>OtherCurrentLiability</AccountType>\
        <SpecialAccountType>SalesTaxPayable</SpecialAccountType></AccountRet>\
        <AccountRet><ListID>3</ListID><FullName>Visa</FullName><IsActive>false</IsActive>\
        <AccountType>CreditCard</AccountType></AccountRet>";
    let people = "<CustomerRet><ListID>6</ListID><FullName>Jane</FullName></CustomerRet>\
        <VendorRet><ListID>7</ListID><Name>Potter</Name></VendorRet>\
        <EmployeeRet><ListID>8</ListID><Name>John</Name></EmployeeRet>";
    let methods = "<PaymentMethodRet><ListID>10</ListID><Name>Cash</Name></PaymentMethodRet>";
    let terms = "<StandardTermsRet><ListID>11</ListID><Name>Net 30</Name>\
        <StdDueDays>30</StdDueDays></StandardTermsRet>\
        <StandardTermsRet><ListID>12</ListID><Name>2% 10 Net 30</Name><StdDueDays>30</StdDueDays>\
        <StdDiscountDays>10</StdDiscountDays><DiscountPct>2.0</DiscountPct></StandardTermsRet>\
        <StandardTermsRet><ListID>13</ListID><Name>Due on receipt</Name></StandardTermsRet>";
    let text = settings_answer(HOST, PREFERENCES)
        + &response("AccountQuery", "Account@@", accounts)
        + &response("ItemQuery", "Item@@", ITEMS)
        + &response("EntityQuery", "Entity@@", people)
        + &refusal("ClassQuery", "Class@@", 3250, "This feature is not enabled.")
        + &small_lists(methods, terms);
    let page = chart(None, &answer(&text));
    assert_eq!(page.next, None);
    assert_eq!(page.settings.unwrap().closed_until, Some(date(2026, 9, 30)));
    let account = |kind| ChartKind::Account { kind, currency: None, collects_tax: false };
    let item = |account: Option<&str>| ChartKind::Item {
        sku: None,
        income_account: account.map(RemoteId::from),
        lines_say_account: false,
        kept: None,
    };
    let kept = ChartKind::Item {
        sku: Some("MUG-1".to_owned()),
        income_account: Some(RemoteId::from("9")),
        lines_say_account: false,
        kept: Some(KeptAccounts {
            stock: Some(RemoteId::from("11")),
            cost: Some(RemoteId::from("10")),
        }),
    };
    let expected = [
        ("1", account(Some(AccountKind::Bank)), "Checking", true),
        ("2", account(Some(AccountKind::TaxLiability)), "Sales Tax Payable", true),
        ("3", account(Some(AccountKind::CreditCard)), "Visa", false),
        ("4", item(Some("9")), "Saldo Tips", true),
        ("5", kept, "Mugs:MUG-1", true),
        ("12", item(None), "SET", true),
        ("6", ChartKind::Customer, "Jane", true),
        ("7", ChartKind::Vendor, "Potter", true),
        ("8", ChartKind::OtherName, "John", true),
        ("10", ChartKind::PaymentMethod, "Cash", true),
        ("11", ChartKind::Terms { days: Some(30) }, "Net 30", true),
        ("12", ChartKind::Terms { days: None }, "2% 10 Net 30", true),
        ("13", ChartKind::Terms { days: Some(0) }, "Due on receipt", true),
    ];
    let entry = |(id, kind, name, active): (&str, ChartKind, &str, bool)| ChartEntry {
        remote: id.into(),
        kind,
        name: name.to_owned(),
        active,
    };
    assert_eq!(page.entries, expected.map(entry));
}

#[test]
fn a_long_list_without_iterators_is_read_in_parts() {
    let row = |index: usize| {
        let time = Timestamp::from_second(1_795_000_000 + i64::try_from(index).unwrap()).unwrap();
        format!(
            "<ClassRet><ListID>{index}</ListID><TimeModified>{time}</TimeModified>\
             <FullName>C{index}</FullName></ClassRet>"
        )
    };
    let rows: String = (0..2000).map(row).collect();
    let text = settings_answer(HOST, PREFERENCES)
        + &response("AccountQuery", "Account@@", "")
        + &response("ItemQuery", "Item@@", "")
        + &response("EntityQuery", "Entity@@", "")
        + &response("ClassQuery", "Class@@", &rows)
        + &small_lists("", "");
    let page = chart(None, &answer(&text));
    assert_eq!(page.entries, []);
    let next = page.next.unwrap();
    let parts: Vec<&str> = next.split(' ').collect();
    assert_eq!(parts, ["Class@@2026-11-18T11:23:20Z", "Class@2026-11-18T11:23:21Z@"]);
    let task = [Task::ReadChart { page: Some(next.clone()) }];
    let asked = requests(&task, &context(&[]));
    assert_eq!(asked[1].text(["ToModifiedDate"]), Some("2026-11-18T11:23:20+00:00"));
    assert_eq!(asked[2].text(["FromModifiedDate"]), Some("2026-11-18T11:23:21+00:00"));
    let text = response("PreferencesQuery", "Preferences", PREFERENCES)
        + &response("ClassQuery", parts[0], &row(1))
        + &response("ClassQuery", parts[1], &row(1001));
    let page = chart(Some(&next), &answer(&text));
    assert_eq!((page.entries.len(), page.next, page.settings), (2, None, None));
}

const ITERATOR: &str = "{eb05f701-e727-472f-8ade-6753c4f67a46}";

/// A response over a part of the rows, after which so many are left.
fn part_of(name: &str, id: &str, rows: &str, left: &str) -> String {
    let whole = response(name, id, rows);
    let said = format!(" iteratorRemainingCount=\"{left}\" iteratorID=\"{ITERATOR}\">");
    whole.replacen('>', &said, 1)
}

#[test]
fn a_long_list_is_read_by_its_iterator() {
    let row = |index: usize| {
        format!("<CustomerRet><ListID>{index}</ListID><FullName>C{index}</FullName></CustomerRet>")
    };
    let asked = requests(&[Task::ReadChart { page: None }], &context(&[]));
    let entities = asked.iter().find(|it| it.attribute("requestID") == "Entity@@").unwrap();
    assert_eq!([entities.attribute("iterator"), entities.attribute("iteratorID")], ["Start", ""]);
    let text = settings_answer(HOST, PREFERENCES)
        + &response("AccountQuery", "Account@@", "")
        + &response("ItemQuery", "Item@@", "")
        + &part_of("EntityQuery", "Entity@@", &row(1), "1")
        + &response("ClassQuery", "Class@@", "")
        + &small_lists("", "");
    let page = chart(None, &answer(&text));
    assert_eq!(page.entries.len(), 1, "what came is taken");
    let next = page.next.unwrap();
    assert_eq!(next, format!("Entity@@@{ITERATOR}*1"));
    let task = [Task::ReadChart { page: Some(next.clone()) }];
    let asked = requests(&task, &context(&[])).remove(1);
    let said = [asked.attribute("iterator"), asked.attribute("iteratorID")];
    assert_eq!((said, asked.text(["MaxReturned"])), (["Continue", ITERATOR], Some("2000")));
    super::schema::all_valid(&[message(&task, &context(&[]))]);
    let preferences = response("PreferencesQuery", "Preferences", PREFERENCES);
    let last = preferences.clone() + &part_of("EntityQuery", &next, &row(2), "0");
    let page = chart(Some(&next), &answer(&last));
    assert_eq!((page.entries.len(), page.next), (1, None));
    let lost = preferences.clone() + &part_of("EntityQuery", &next, "", "0");
    let fault = hear(&task, &context(&[]), &answer(&lost)).unwrap_err();
    assert!(fault.message.contains("rows are missing"), "{}", fault.message);
    let over = preferences + &refusal("EntityQuery", &next, 3000, "The iterator is over.");
    let fault = hear(&task, &context(&[]), &answer(&over)).unwrap_err();
    assert_eq!(fault.permits, Permit::Retry, "{}", fault.message);
}

#[test]
fn an_account_in_another_currency_is_one_for_documents_in_it_alone() {
    let of = |currency: &str, name: &str| {
        format!(
            "<{name}Ret><ListID>{currency}</ListID><FullName>{currency}</FullName><AccountType>Bank\
             </AccountType><CurrencyRef><ListID>of {currency}</ListID><FullName>{currency}\
             </FullName></CurrencyRef></{name}Ret>"
        )
    };
    let both = |name: &str| of("US Dollar", name) + &of("Euro", name);
    let currency = |name: &str, code: &str, active: bool| {
        format!(
            "<CurrencyRet><ListID>of {name}</ListID><Name>{name}</Name><IsActive>{active}\
             </IsActive><CurrencyCode>{code}</CurrencyCode></CurrencyRet>"
        )
    };
    let currencies = currency("Euro", "EUR", true)
        + &currency("Bitcoin", "XBT", true)
        + &currency("Japanese Yen", "JPY", false)
        + &currency("US Dollar", "USD", true);
    let of_bitcoin = of("Bitcoin", "Account");
    let text = settings_answer(HOST, &with_currencies("US Dollar"))
        + &response("AccountQuery", "Account@@", &(both("Account") + &of_bitcoin))
        + &response("ItemQuery", "Item@@", "")
        + &response("EntityQuery", "Entity@@", &both("Customer"))
        + &response("ClassQuery", "Class@@", "")
        + &response("PaymentMethodQuery", "PaymentMethod@@", "")
        + &response("StandardTermsQuery", "StandardTerms@@", "")
        + &response("CurrencyQuery", "Currency", &currencies);
    let page = chart(None, &answer(&text));
    let [eur, jpy] = ["EUR", "JPY"].map(|code| Currency::parse(code).unwrap());
    let bank = Some(AccountKind::Bank);
    let own = ChartKind::Account { kind: bank, currency: None, collects_tax: false };
    let expected = [
        ("Euro", ChartKind::Currency { currency: eur }, true),
        ("Japanese Yen", ChartKind::Currency { currency: jpy }, false),
        ("US Dollar", ChartKind::Currency { currency: usd() }, true),
        ("US Dollar", own, true),
        ("Euro", ChartKind::ForeignAccount { kind: bank, currency: eur }, true),
        ("US Dollar", ChartKind::Customer, true),
        ("Euro", ChartKind::OtherName, true),
    ];
    let read: Vec<_> =
        page.entries.iter().map(|it| (it.name.as_str(), it.kind.clone(), it.active)).collect();
    assert_eq!(read, expected);
}

pub(super) fn documents(page: Option<&str>, rows: &[(&str, String)]) -> DocumentPage {
    let (from, until) = (date(2026, 11, 1), date(2026, 11, 30));
    let page = page.map(str::to_owned);
    let tasks = [Task::ReadDocuments { from, until, page }];
    let answered: String = requests(&tasks, &context(&[]))
        .iter()
        .map(|asked| {
            let name = asked.name.strip_suffix("Rq").unwrap();
            let kind = name.strip_suffix("Query").unwrap();
            let own = rows.iter().find(|(known, _)| *known == kind);
            let own = own.map_or("", |(_, rows)| rows.as_str());
            response(name, asked.attribute("requestID"), own)
        })
        .collect();
    match hear(&tasks, &context(&[]), &answer(&answered)).unwrap().remove(0) {
        Outcome::Documents(page) => page,
        other => panic!("{other:?}"),
    }
}

#[test]
fn lists_show_ids_versions_and_numbers() {
    let key = key(&payout());
    let rows = [
        (
            "Invoice",
            format!(
                "<InvoiceRet><TxnID>1</TxnID><EditSequence>5</EditSequence><RefNumber>{key}\
                 </RefNumber></InvoiceRet><InvoiceRet><TxnID>2</TxnID><RefNumber>1042</RefNumber>\
                 </InvoiceRet>"
            ),
        ),
        (
            "Transfer",
            format!(
                "<TransferRet><TxnID>3</TxnID><EditSequence>6</EditSequence><Memo>Payout \
                 saldo:{key}</Memo></TransferRet><TransferRet><TxnID>4</TxnID></TransferRet>"
            ),
        ),
    ];
    let page = documents(None, &rows);
    let read: Vec<_> = page
        .documents
        .iter()
        .map(|it| (it.remote.as_str(), it.number.as_deref(), it.version.as_deref()))
        .collect();
    let key = Some(key.as_str());
    let expected = [
        ("1", key, Some("5")),
        ("2", Some("1042"), None),
        ("3", key, Some("6")),
        ("4", None, None),
    ];
    assert_eq!((read.as_slice(), page.next), (&expected[..], None));
}

#[test]
fn many_documents_are_read_by_their_iterators() {
    let row = |index: usize| format!("<CheckRet><TxnID>{index}</TxnID></CheckRet>");
    let (from, until) = (date(2026, 11, 1), date(2026, 11, 30));
    let read = |page: Option<&str>, text: &str| {
        let task = Task::ReadDocuments { from, until, page: page.map(str::to_owned) };
        let heard = hear(&[task], &context(&[]), &answer(text)).map_err(|fault| fault.message)?;
        let [Outcome::Documents(page)] = &heard[..] else { panic!("{heard:?}") };
        Ok::<_, String>((page.documents.len(), page.next.clone()))
    };
    let first = "Check@2026-11-01@2026-11-30";
    let next = format!("{first}@{ITERATOR}*7");
    let rows: String = (0..2000).map(row).collect();
    let part = read(Some(first), &part_of("CheckQuery", first, &rows, "7")).unwrap();
    assert_eq!(part, (2000, Some(next.clone())));
    let part = read(Some(&next), &part_of("CheckQuery", &next, &row(1), "6")).unwrap();
    assert_eq!(part, (1, Some(format!("{first}@{ITERATOR}*6"))));
    let rows: String = (0..7).map(row).collect();
    let part = read(Some(&next), &part_of("CheckQuery", &next, &rows, "0")).unwrap();
    assert_eq!(part, (7, None));
    let rows: String = (0..2000).map(row).collect();
    let silent = read(Some(first), &response("CheckQuery", first, &rows)).unwrap_err();
    assert!(silent.contains("does not say how to go on"), "{silent}");
    let task = Task::ReadDocuments { from, until, page: Some(next) };
    let asked = message(std::slice::from_ref(&task), &context(&[]));
    assert_eq!(requests(&[task], &context(&[]))[0].attribute("iterator"), "Continue");
    super::schema::all_valid(&[asked]);
}

const ACCOUNTS: &str = "<AccountRet><ListID>1</ListID><FullName>Checking</FullName>\
    <AccountType>Bank</AccountType></AccountRet>\
    <AccountRet><ListID>2</ListID><FullName>Sales</FullName><AccountType>Income</AccountType>\
    <AccountNumber>4000</AccountNumber></AccountRet>\
    <AccountRet><ListID>3</ListID><FullName>Sales:Returns</FullName>\
    <AccountType>Income</AccountType></AccountRet>\
    <AccountRet><ListID>4</ListID><FullName>Fees</FullName><AccountType>Expense</AccountType>\
    </AccountRet>";

/// A report with these columns and rows: the account, and what stands in the columns.
fn report(columns: &[&str], rows: &[(&str, &str, &[&str])]) -> String {
    let column = |(index, title): (usize, &&str)| {
        format!(
            "<ColDesc colID=\"{}\" dataType=\"AMTTYPE\"><ColTitle titleRow=\"1\" \
             value=\"{title}\"/><ColType>{title}</ColType></ColDesc>",
            index + 2
        )
    };
    let row = |(kind, name, cells): &(&str, &str, &[&str])| {
        let cell = |(index, value): (usize, &&str)| {
            format!("<ColData colID=\"{}\" value=\"{value}\"/>", index + 2)
        };
        let cells: String = cells.iter().enumerate().map(cell).collect();
        format!(
            "<{kind} rowNumber=\"1\"><RowData rowType=\"account\" value=\"{name}\"/>\
             <ColData colID=\"1\" value=\"{name}\"/>{cells}</{kind}>"
        )
    };
    let columns: String = columns.iter().enumerate().map(column).collect();
    let rows: String = rows.iter().map(row).collect();
    let report = format!(
        "<ReportRet><ReportTitle>R</ReportTitle><ColDesc colID=\"1\"><ColType>Label</ColType>\
         </ColDesc>{columns}<ReportData>{rows}</ReportData></ReportRet>"
    );
    answer(
        &(response("AccountQuery", "Account", ACCOUNTS)
            + &response("GeneralSummaryReportQuery", "GeneralSummaryReport", &report)),
    )
}

fn sums(task: Task, text: &str) -> Result<Vec<(String, String)>, String> {
    let outcomes = hear(&[task], &context(&[]), text).map_err(|fault| fault.message)?;
    let [Outcome::Balances(sums)] = &outcomes[..] else { panic!("{outcomes:?}") };
    let text = |balance: &Balance| balance.iter().map(|it| it.to_string()).collect::<String>();
    Ok(sums.iter().map(|(remote, balance)| (remote.to_string(), text(balance))).collect())
}

fn balances(rows: &[(&str, &str, &[&str])]) -> Result<Vec<(String, String)>, String> {
    sums(Task::ReadBalances { as_of: day() }, &report(&["Debit", "Credit"], rows))
}

fn told(sums: &[(&str, &str)]) -> Result<Vec<(String, String)>, String> {
    Ok(sums.iter().map(|(id, sum)| ((*id).to_owned(), (*sum).to_owned())).collect())
}

#[test]
fn balances_are_by_the_ids_of_accounts_whatever_reports_call_them() {
    let rows: [(&str, &str, &[&str]); 5] = [
        ("DataRow", "Checking", &["80.00", ""]),
        ("DataRow", "Sales - Other", &["", "70.00"]),
        ("DataRow", "4000 \u{b7} Sales:Returns", &["", "20.00"]),
        ("DataRow", "Fees", &["10.00"]),
        ("TotalRow", "TOTAL", &["90.00", "90.00"]),
    ];
    let expected =
        [("1", "80.00 USD"), ("2", "-70.00 USD"), ("3", "-20.00 USD"), ("4", "10.00 USD")];
    assert_eq!(balances(&rows), told(&expected));
    assert_eq!(
        balances(&rows[1..]).unwrap_err(),
        "the trial balance: debits and credits differ by -80.00 USD"
    );
    let unknown = [("DataRow", "Elsewhere", &["1.00"][..])];
    assert_eq!(
        balances(&unknown).unwrap_err(),
        "the trial balance: the row `Elsewhere` over 1.00 USD names no account"
    );
    let other = report(&["Amount"], &[]);
    let fault = sums(Task::ReadBalances { as_of: day() }, &other).unwrap_err();
    assert_eq!(fault, "the trial balance: it has no column `Debit`");
}

#[test]
fn the_result_is_by_the_sides_of_accounts() {
    let result = |rows: &[(&str, &str, &[&str])]| {
        let task = Task::ReadResult { from: date(2025, 1, 1), until: day() };
        sums(task, &report(&["Amount"], rows))
    };
    let rows: [(&str, &str, &[&str]); 5] = [
        ("DataRow", "Sales - Other", &["70.00"]),
        ("DataRow", "Sales:Returns", &["-20.00"]),
        ("SubtotalRow", "Total Sales", &["50.00"]),
        ("DataRow", "Fees", &["10.00"]),
        ("TotalRow", "Net Income", &["40.00"]),
    ];
    let expected = [("2", "-70.00 USD"), ("3", "20.00 USD"), ("4", "10.00 USD")];
    assert_eq!(result(&rows), told(&expected));
    assert_eq!(
        result(&rows[1..]).unwrap_err(),
        "the profit and loss report: its rows come to -30.00 USD, its net income is 40.00 USD"
    );
    let misplaced = [("DataRow", "Checking", &["1.00"][..])];
    assert_eq!(
        result(&misplaced).unwrap_err(),
        "the profit and loss report: `Checking` is of the type Bank"
    );
}
