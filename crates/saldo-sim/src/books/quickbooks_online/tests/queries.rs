//! Queries, change data capture, reading by id, reports.

use super::super::Kind;
use super::{Client, code_of, with};
use serde_json::{Value, json};

fn names(answer: &Value, kind: Kind, property: &str) -> Vec<String> {
    let rows = answer[kind.name()].as_array().cloned().unwrap_or_default();
    rows.iter().map(|row| row[property].as_str().unwrap_or("").to_owned()).collect()
}

#[test]
fn lists_hide_what_is_inactive_unless_asked() {
    let mut client = Client::new();
    let all = "select * from Customer where Active in (true, false) orderby DisplayName";
    let cases = [
        ("select * from Customer", 3),
        (all, 4),
        ("select * from Customer where Active = false", 1),
        ("select * from Customer where DisplayName = 'Walk-in Customer'", 0),
        ("select * from Customer where DisplayName = 'Walk-in Customer' and Active = false", 1),
        ("select * from Customer where DisplayName LIKE '%o%'", 2),
        ("select * from Customer where DisplayName = 'Amy\\'s Bird Sanctuary'", 1),
        ("select * from Customer where displayname in ('COOL CARS', 'Jane Doe')", 2),
        ("select * from Employee", 2),
        ("select * from Item where Sku = 'MUG-RED'", 1),
    ];
    for (text, expected) in cases {
        let answer = client.query(text);
        let rows = answer.as_object().unwrap().values().find_map(Value::as_array);
        assert_eq!(rows.map_or(0, Vec::len), expected, "{text}: {answer}");
    }
}

#[test]
fn pages_and_orders() {
    let mut client = Client::new();
    for (number, amount) in [("A", "3"), ("B", "1"), ("C", "2"), ("D", "2")] {
        let sale = client.sale(number, amount);
        client.must(Kind::SalesReceipt, &sale);
    }
    let kind = Kind::SalesReceipt;
    let cases: [(&str, &[&str]); 8] = [
        ("", &["D", "C", "B", "A"]),
        ("orderby DocNumber", &["A", "B", "C", "D"]),
        ("orderby TotalAmt desc, DocNumber desc", &["A", "D", "C", "B"]),
        ("order by DocNumber startposition 2 maxresults 2", &["B", "C"]),
        ("where TotalAmt >= '2' orderby DocNumber", &["A", "C", "D"]),
        ("where TotalAmt < 2.00", &["B"]),
        ("where TotalAmt = '2.0' and DocNumber > 'C'", &["D"]),
        ("where DocNumber in ('A', 'X', 'B') orderby Id", &["A", "B"]),
    ];
    for (rest, expected) in cases {
        let answer = client.query(&format!("select * from SalesReceipt {rest}"));
        assert_eq!(names(&answer, kind, "DocNumber"), expected, "{rest}");
    }
    assert_eq!(client.query("select count(*) from SalesReceipt")["totalCount"], 4);
    let few = client.query("select Id, DocNumber from SalesReceipt where DocNumber = 'A'");
    let row = few["SalesReceipt"][0].as_object().unwrap();
    let keys: Vec<&str> = row.keys().map(String::as_str).collect();
    assert_eq!(keys, ["DocNumber", "Id", "domain", "sparse"]);
    assert_eq!(client.query("select * from SalesReceipt startposition 9"), json!({}));
}

#[test]
fn a_query_gives_a_hundred_rows_unless_it_asks_for_more() {
    let mut client = Client::new();
    for place in 0..101 {
        client.must(Kind::Customer, &json!({ "DisplayName": format!("Number {place}") }));
        client.wait(1);
    }
    assert_eq!(client.query("select * from Customer")["maxResults"], 100);
    assert_eq!(client.query("select * from Customer maxresults 1000")["maxResults"], 104);
}

#[test]
fn what_cannot_be_asked_for_is_a_fault() {
    let mut client = Client::new();
    let cases = [
        ("select * from Invoice where PrivateNote = 'x'", "4001"),
        ("select * from Invoice where Line.Amount = '1'", "4001"),
        ("select * from Payment where DocNumber = 'x'", "4001"),
        ("select * from Payment where PrivateNote like 'saldo%'", "4001"),
        ("select * from Invoice where Nonsense = 'x'", "4001"),
        ("select * from Invoice orderby PrivateNote", "4001"),
        ("select * from Nonsense", "4001"),
        ("select * from Invoice where TxnDate = 'tomorrow'", "4001"),
        ("select * from Invoice where TotalAmt like '1%'", "4001"),
        ("select * from Invoice maxresults 1001", "4001"),
        ("select * from Invoice where TotalAmt = 1 or Balance = 1", "4000"),
        ("select from Invoice", "4000"),
    ];
    for (text, expected) in cases {
        assert_eq!(code_of(&client.query(text)), expected, "{text}");
    }
}

#[test]
fn a_query_can_come_in_the_body() {
    let mut client = Client::new();
    let mut request = saldo_core::exchange::HttpRequest::get(client.url("query"));
    request.method = saldo_core::exchange::Method::Post;
    request.body = b"select count(*) from Item".to_vec();
    let answer = client.send(request.header("content-type", "application/text"));
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(body["QueryResponse"]["totalCount"], 4);
}

#[test]
fn changes_show_what_was_written_and_deleted_since() {
    let mut client = Client::new();
    let (first, second) = (client.sale("S-1", "1"), client.sale("S-2", "2"));
    client.must(Kind::SalesReceipt, &first);
    client.wait(10);
    let since = client.now;
    let gone = client.must(Kind::SalesReceipt, &second);
    let body = json!({ "Id": gone["Id"], "SyncToken": gone["SyncToken"] });
    let (_, deleted) = client.post("salesreceipt?operation=delete", &body);
    assert_eq!(deleted["SalesReceipt"]["status"], "Deleted");
    let (_, answer) =
        client.get(&format!("cdc?entities=SalesReceipt,Invoice&changedSince={since}"));
    let responses = &answer["CDCResponse"][0]["QueryResponse"];
    let receipts = responses[0]["SalesReceipt"].as_array().unwrap();
    assert_eq!(receipts.len(), 1);
    assert_eq!(receipts[0]["status"], "Deleted");
    assert_eq!(receipts[0]["Id"], gone["Id"]);
    assert_eq!(responses[1], json!({}));
    assert_eq!(client.query("select count(*) from SalesReceipt")["totalCount"], 1);
    let cases = [
        ("cdc?entities=Nonsense&changedSince=2026-11-19", "2170"),
        ("cdc?entities=Invoice&changedSince=2026-10-01", "6000"),
        ("cdc?entities=Invoice&changedSince=never", "2120"),
        ("cdc?entities=Invoice", "2020"),
    ];
    for (path, expected) in cases {
        assert_eq!(code_of(&client.get(path).1), expected, "{path}");
    }
}

#[test]
fn entities_are_read_by_id() {
    let mut client = Client::new();
    let sale = client.sale("S-1", "1");
    let stored = client.must(Kind::SalesReceipt, &sale);
    let id = stored["Id"].as_str().unwrap().to_owned();
    assert_eq!(client.get(&format!("salesreceipt/{id}")).1["SalesReceipt"], stored);
    assert_eq!(code_of(&client.get("salesreceipt/99999").1), "610");
    assert_eq!(code_of(&client.get("salesreceipt/x").1), "2030");
    let realm = client.sim.company().realm().to_owned();
    let (_, info) = client.get(&format!("companyinfo/{realm}"));
    assert_eq!(info["CompanyInfo"]["Country"], "US");
    let (_, preferences) = client.get("preferences");
    let preferences = &preferences["Preferences"];
    assert_eq!(preferences["CurrencyPrefs"]["HomeCurrency"]["value"], "USD");
    assert_eq!(preferences["TaxPrefs"]["PartnerTaxEnabled"], true);
    assert_eq!(names(&client.query("select * from TaxCode"), Kind::TaxCode, "Id"), ["TAX", "NON"]);
    assert_eq!(client.query("select * from TaxAgency")["maxResults"], 1);
}

#[test]
fn the_trial_balance_is_the_ledger_in_two_columns() {
    let mut client = Client::new();
    let old = with(&client.sale("S-1", "40"), json!({ "TxnDate": "2025-06-30" }));
    client.must(Kind::SalesReceipt, &old);
    let sale = with(&client.sale("S-2", "10.50"), json!({ "TxnDate": "2026-03-01" }));
    client.must(Kind::SalesReceipt, &sale);
    let later = with(&client.sale("S-3", "7"), json!({ "TxnDate": "2026-11-20" }));
    client.must(Kind::SalesReceipt, &later);
    let (_, report) = client.get("reports/TrialBalance?end_date=2026-06-30");
    let rows = report["Rows"]["Row"].as_array().unwrap();
    let cell =
        |row: &Value, place: usize| row["ColData"][place]["value"].as_str().unwrap().to_owned();
    let data: Vec<[String; 3]> = rows
        .iter()
        .filter(|row| row["ColData"].is_array())
        .map(|row| [cell(row, 0), cell(row, 1), cell(row, 2)])
        .collect();
    let expected = [
        ["Checking", "50.50", ""],
        ["Retained Earnings", "", "40.00"],
        ["Sales of Product Income", "", "10.50"],
    ];
    assert_eq!(data, expected.map(|row| row.map(str::to_owned)));
    assert_eq!(rows[0]["ColData"][0]["id"], client.id(Kind::Account, "Checking"));
    let total = rows.last().unwrap();
    assert_eq!(total["group"], "GrandTotal");
    assert_eq!(total["Summary"]["ColData"][1]["value"], "50.50");
    assert_eq!(total["Summary"]["ColData"][2]["value"], "50.50");
    assert_eq!(code_of(&client.get("reports/TrialBalance?end_date=soon").1), "2120");
    let (_, empty) = client.get("reports/TrialBalance?end_date=2021-01-01");
    assert_eq!(empty["Rows"], json!({}));
}

#[test]
fn profit_and_loss_is_what_moved_between_two_days_whatever_the_year() {
    let mut client = Client::new();
    for (number, amount, day) in
        [("S-1", "40", "2025-06-30"), ("S-2", "10.50", "2026-03-01"), ("S-3", "7", "2026-11-20")]
    {
        let sale = with(&client.sale(number, amount), json!({ "TxnDate": day }));
        client.must(Kind::SalesReceipt, &sale);
    }
    let report = |client: &mut Client, days: &str| {
        let (_, report) = client.get(&format!("reports/ProfitAndLoss?{days}"));
        let rows = report["Rows"]["Row"].as_array().unwrap().clone();
        let sum = |group: &str| {
            let row = rows.iter().find(|row| row["group"] == group).unwrap();
            row["Summary"]["ColData"][1]["value"].as_str().unwrap().to_owned()
        };
        (sum("Income"), sum("NetIncome"), rows)
    };
    let (income, net, rows) = report(&mut client, "start_date=2025-06-30&end_date=2026-03-01");
    assert_eq!((income.as_str(), net.as_str()), ("50.50", "50.50"));
    let row = &rows[0]["Rows"]["Row"][0]["ColData"];
    assert_eq!(row[0]["value"], "Sales of Product Income");
    assert_eq!(row[0]["id"], client.id(Kind::Account, "Sales of Product Income"));
    let (income, ..) = report(&mut client, "start_date=2026-03-02&end_date=2026-11-20");
    assert_eq!(income, "7.00");
    let (_, backwards) =
        client.get("reports/ProfitAndLoss?start_date=2026-03-02&end_date=2026-03-01");
    assert_eq!(code_of(&backwards), "2120");
}
