//! Files at documents.

use super::*;

impl Client {
    /// Sends a file; the status and what was answered.
    pub(super) fn attach(&mut self, path: &str, content: &str) -> (u16, Value) {
        let mut request = self.request(Method::Put, path, &Value::Null);
        request.body = content.as_bytes().to_vec();
        let answer = self.send(&request);
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or(Value::Null))
    }
}

#[test]
fn a_file_stands_at_its_document_and_changes_it() {
    let mut client = Client::new();
    let invoice = client.put("Invoices", &sale("S-1", "100.00"));
    let path = format!("Invoices/{}", invoice["InvoiceID"].as_str().unwrap());
    assert_eq!(client.get(&path)["Invoices"][0]["HasAttachments"], false);
    assert_eq!(client.get(&format!("{path}/Attachments"))["Attachments"], json!([]));
    client.wait(60);
    let (status, answer) = client.attach(&format!("{path}/Attachments/rows.csv"), "a,b\r\n");
    assert_eq!((status, &answer["Attachments"][0]["ContentLength"]), (200, &json!(5)));
    assert_eq!(client.get(&format!("{path}/Attachments"))["Attachments"], answer["Attachments"]);
    let held = client.get(&path)["Invoices"][0].clone();
    assert_eq!(held["HasAttachments"], true);
    assert_ne!(held["UpdatedDateUTC"], invoice["UpdatedDateUTC"]);
    client.attach(&format!("{path}/Attachments/rows.csv"), "other");
    let names: Vec<String> =
        client.sim.organisation().files().into_iter().map(|file| file.name).collect();
    assert_eq!(names, ["rows.csv", "rows.csv"], "nothing is overwritten");
}

#[test]
fn files_have_their_limits_and_their_places() {
    let mut client = Client::new();
    let invoice = client.put("Invoices", &sale("S-1", "100.00"));
    let path = format!("Invoices/{}/Attachments", invoice["InvoiceID"].as_str().unwrap());
    assert_eq!(client.attach(&format!("{path}/0.csv"), "").0, 400, "nothing stands in it");
    for number in 0..10 {
        assert_eq!(client.attach(&format!("{path}/{number}.csv"), "a").0, 200);
    }
    assert_eq!(client.attach(&format!("{path}/11.csv"), "a").0, 400, "ten are enough");
    let bank = client.account("Business Bank Account");
    let paid = json!({ "Invoice": { "InvoiceNumber": "S-1" }, "Account": bank, "Amount": 5 });
    let paid = client.put("Payments", &paid)["PaymentID"].as_str().unwrap().to_owned();
    assert_eq!(client.attach(&format!("Payments/{paid}/Attachments/a.csv"), "a").0, 404);
}
