//! Files at transactions.

use super::*;

/// A form of two parts, by RFC 7578.
fn form(metadata: &Value, content: &str) -> Vec<u8> {
    let part = |name: &str, media: &str, content: &str| {
        format!(
            "--frontier\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"x\"\r\n\
             Content-Type: {media}\r\n\r\n{content}\r\n"
        )
    };
    let parts = part("file_metadata_01", "application/json", &metadata.to_string())
        + &part("file_content_01", "text/csv", content);
    (parts + "--frontier--\r\n").into_bytes()
}

impl Client {
    fn upload(&mut self, body: Vec<u8>, media: &str) -> (u16, Value) {
        let request = HttpRequest::post_json(self.url("upload?minorversion=75"), body);
        let request = HttpRequest { headers: Vec::new(), ..request };
        let answer = self.send(request.header("content-type", media));
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }
}

const MEDIA: &str = "multipart/form-data; boundary=frontier";

fn metadata(kind: &str, id: &Value) -> Value {
    json!({
        "AttachableRef": [{ "EntityRef": { "type": kind, "value": id } }],
        "FileName": "rows.csv",
        "ContentType": "text/csv",
    })
}

#[test]
fn a_file_is_found_at_its_transaction_and_counts_up_its_version() {
    let mut client = Client::new();
    let sale = client.sale("S-1", "10.00");
    let sale = client.must(Kind::SalesReceipt, &sale);
    let about = metadata("SalesReceipt", &sale["Id"]);
    let (status, answer) = client.upload(form(&about, "a,b\r\n1,2\r\n"), MEDIA);
    assert_eq!(status, 200, "{answer}");
    let uploaded = answer["AttachableResponse"][0]["Attachable"].clone();
    assert_eq!((&uploaded["FileName"], &uploaded["Size"]), (&json!("rows.csv"), &json!(10)));
    let id = sale["Id"].as_str().unwrap();
    let query = |kind: &str, id: &str| {
        format!(
            "select * from Attachable where AttachableRef.EntityRef.Type = '{kind}' and \
             AttachableRef.EntityRef.value = '{id}'"
        )
    };
    assert_eq!(client.query(&query("SalesReceipt", id))["Attachable"], json!([uploaded]));
    assert_eq!(client.query(&query("Invoice", id)), json!({}));
    let held = client.query(&format!("select * from SalesReceipt where Id = '{id}'"));
    assert_ne!(held["SalesReceipt"][0]["SyncToken"], sale["SyncToken"]);
    client.upload(form(&about, "again"), MEDIA);
    assert_eq!(client.sim.company().attachables().len(), 2, "each upload is another file");
}

#[test]
fn an_upload_says_what_it_is_and_where_it_belongs() {
    let mut client = Client::new();
    let nowhere = metadata("SalesReceipt", &json!("999999"));
    let nameless = json!({ "AttachableRef": [{ "EntityRef": { "type": "Transfer" } }] });
    for (body, media) in [
        (form(&nowhere, "a"), MEDIA),
        (form(&nameless, "a"), MEDIA),
        (form(&nowhere, "a"), "application/json"),
        (b"--frontier--".to_vec(), MEDIA),
    ] {
        let (status, answer) = client.upload(body, media);
        assert_eq!(status, 400, "{answer}");
    }
    assert_eq!(client.sim.company().attachables(), []);
}
