//! Queries of lists and transactions.

use super::element::Element;
use super::file::CompanyFile;
use super::kind::Kind;
use super::message_set::Outcome;
use super::record::Record;
use super::status::{Checked, Status};
use jiff::Timestamp;

impl CompanyFile {
    /// Answers a query.
    pub(super) fn query(&mut self, request: &Element, now: Timestamp) -> Checked<Outcome> {
        let name = request.name.as_str();
        if let ("Continue" | "Stop", Some(id)) =
            (request.attribute("iterator").unwrap_or(""), request.attribute("iteratorID"))
        {
            return self.iterate(request, id);
        }
        let kinds = kinds_of(name);
        if let [kind] = kinds[..]
            && kind.is_transaction()
        {
            self.check_inventory(kind)?;
        }
        self.check_list(&kinds)?;
        let mut lost = None;
        let mut numbers = match self.named(request, &kinds, &mut lost)? {
            Some(numbers) => numbers,
            None => self.filtered(request, &kinds, now)?,
        };
        if name == "ReceivePaymentToDepositQueryRq" {
            numbers.retain(|number| self.waits_for_deposit(*number).is_some());
        }
        let meta = request.attribute("metaData").unwrap_or("NoMetaData");
        if meta == "MetaDataOnly" {
            let mut outcome = Outcome::of(Vec::new());
            outcome.attributes.push(("retCount".to_owned(), numbers.len().to_string()));
            return Ok(outcome);
        }
        let found = numbers.len();
        let most = request.text_of("MaxReturned").and_then(|text| text.parse::<usize>().ok());
        let mut attributes = Vec::new();
        if meta == "MetaDataAndResponseData" {
            attributes.push(("retCount".to_owned(), found.to_string()));
        }
        if request.attribute("iterator") == Some("Start") {
            let most = most.ok_or_else(|| Status::missing("MaxReturned"))?;
            let part = self.iterators.start(name, numbers, most);
            let part = part.ok_or_else(|| Status::bad_id("iteratorID", ""))?;
            attributes.push(("iteratorRemainingCount".to_owned(), part.remaining.to_string()));
            attributes.push(("iteratorID".to_owned(), part.id));
            numbers = part.numbers;
        } else if let Some(most) = most {
            numbers.truncate(most);
        }
        let status = match lost {
            Some(what) => Status::not_all_found(&what),
            None if found == 0 => Status::no_match(),
            None => Status::ok(),
        };
        Ok(Outcome { status, shown: self.show_all(request, &numbers), attributes })
    }

    fn iterate(&mut self, request: &Element, id: &str) -> Checked<Outcome> {
        let unknown = || Status::bad_id("iteratorID", id);
        if request.attribute("iterator") == Some("Stop") {
            let is_stopped = self.iterators.stop(&request.name, id);
            return is_stopped.then(|| Outcome::of(Vec::new())).ok_or_else(unknown);
        }
        let most = request.text_of("MaxReturned").and_then(|text| text.parse::<usize>().ok());
        let most = most.ok_or_else(|| Status::missing("MaxReturned"))?;
        let part = self.iterators.go_on(&request.name, id, most).ok_or_else(unknown)?;
        let mut outcome = Outcome::of(self.show_all(request, &part.numbers));
        outcome.attributes = vec![
            ("iteratorRemainingCount".to_owned(), part.remaining.to_string()),
            ("iteratorID".to_owned(), part.id),
        ];
        Ok(outcome)
    }

    fn show_all(&self, request: &Element, numbers: &[u64]) -> Vec<Element> {
        let is_set = |name: &str| matches!(request.text_of(name), Some("true" | "1"));
        let has_switch = super::tables::may_hold(&request.name, "IncludeLineItems");
        let with_lines = !has_switch || is_set("IncludeLineItems");
        let with_links = is_set("IncludeLinkedTxns");
        let records = numbers.iter().filter_map(|number| self.record(*number));
        let show = |record: &Record| match request.name.as_str() {
            "TransactionQueryRq" => self.show_summary(record),
            "ReceivePaymentToDepositQueryRq" => self.show_waiting(record),
            _ => {
                let mut shown = self.show(record, with_lines);
                if !with_links && super::tables::may_hold(&request.name, "IncludeLinkedTxns") {
                    shown.remove("LinkedTxn");
                }
                shown
            }
        };
        records.map(show).collect()
    }

    /// The records that a query names one by one; none where it does not.
    fn named(
        &self,
        request: &Element,
        kinds: &[Kind],
        lost: &mut Option<String>,
    ) -> Checked<Option<Vec<u64>>> {
        let mut numbers = Vec::new();
        let mut is_named = false;
        for child in &request.children {
            let said = child.text.trim();
            let found: Vec<u64> = match child.name.as_str() {
                "ListID" | "TxnID" => {
                    if Record::number_in(said).is_none() {
                        return Err(Status::bad_id(&child.name, said));
                    }
                    self.by_id(kinds, said).map(|record| record.number).into_iter().collect()
                }
                "FullName" => {
                    self.by_name(kinds, said).map(|record| record.number).into_iter().collect()
                }
                "RefNumber" | "RefNumberCaseSensitive" => self.by_ref_number(kinds, child),
                _ => continue,
            };
            is_named = true;
            if found.is_empty() {
                lost.get_or_insert_with(|| said.to_owned());
            }
            numbers.extend(found);
        }
        // A transaction query may narrow by other filters what it names by number.
        if request.name == "TransactionQueryRq" && request.child("TxnID").is_none() {
            return Ok(None);
        }
        Ok(is_named.then_some(numbers))
    }

    fn by_ref_number(&self, kinds: &[Kind], wanted: &Element) -> Vec<u64> {
        let said = wanted.text.trim();
        let key = |kind: &Kind| (*kind, said.to_lowercase());
        let numbers = kinds.iter().filter_map(|kind| self.index.ref_numbers.get(&key(kind)));
        let is_exact = wanted.name == "RefNumberCaseSensitive";
        let fits = |number: &u64| {
            let text = self.record(*number).and_then(|record| record.text("RefNumber"));
            !is_exact || text == Some(said)
        };
        numbers.flatten().copied().filter(fits).collect()
    }

    /// One line about a transaction, whatever its kind.
    fn show_summary(&self, record: &Record) -> Element {
        let mut shown = Element::new("TransactionRet");
        let body = self.show(record, false);
        shown.set("TxnType", record.kind.name());
        for name in ["TxnID", "TimeCreated", "TimeModified", "TxnDate", "RefNumber", "Memo"] {
            if let Some(text) = body.text_of(name) {
                shown.set(name, text.to_owned());
            }
        }
        let entity = ["CustomerRef", "VendorRef", "PayeeEntityRef"];
        if let Some(entity) = entity.iter().find_map(|name| record.body.child(name)) {
            shown.put(Element { name: "EntityRef".to_owned(), ..entity.clone() });
        }
        if let Some(leg) = record.legs.first() {
            shown.put(self.reference("AccountRef", leg.account));
            shown.set("Amount", super::fields::money(leg.minor));
        }
        super::tables::arrange(&mut shown);
        shown
    }

    /// Money that lies among the undeposited funds.
    fn show_waiting(&self, record: &Record) -> Element {
        let mut shown = Element::new("ReceivePaymentToDepositRet");
        shown.set("TxnID", record.id());
        shown.set("TxnType", record.kind.name());
        for name in ["TxnDate", "RefNumber"] {
            if let Some(text) = record.text(name) {
                shown.set(name, text.to_owned());
            }
        }
        if let Some(customer) = record.body.child("CustomerRef") {
            shown.put(customer.clone());
        }
        let minor = self.waits_for_deposit(record.number).unwrap_or(0);
        shown.set("Amount", super::fields::money(minor));
        super::tables::arrange(&mut shown);
        shown
    }
}

/// The kinds that a query looks through.
fn kinds_of(request: &str) -> Vec<Kind> {
    let stem = request.strip_suffix("QueryRq").unwrap_or(request);
    match stem {
        "Entity" => Kind::NAMES.to_vec(),
        "Item" => Kind::ITEMS.to_vec(),
        "Terms" => vec![Kind::StandardTerms],
        "Transaction" => Kind::ALL.into_iter().filter(|kind| kind.is_transaction()).collect(),
        "ReceivePaymentToDeposit" => {
            vec![Kind::SalesReceipt, Kind::ReceivePayment, Kind::JournalEntry, Kind::Check]
        }
        stem => Kind::of_name(stem).into_iter().collect(),
    }
}
