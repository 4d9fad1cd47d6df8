//! What goes wrong on the computer of the company file.

use super::super::super::element::{Document, Element};
use super::super::super::{Kind, Mischief, Trouble, WebConnector};
use super::super::{add, receipt};
use super::{Office, WHOLE, document};

#[test]
fn an_answer_that_is_lost_can_be_had_in_the_next_session() {
    let mut office = Office::new();
    let sale = add(Kind::SalesReceipt, &receipt("1", "10.00"));
    office.documents = [document("newMessageSetID=\"B1\"", &sale)].into();
    office.connector.mischief = Mischief { dropped_after: 1_000, ..Mischief::none() };
    office.fails_with("the program was ended");
    assert_eq!(office.methods(), WHOLE[..4], "the server was not told");
    assert_eq!(office.connector.company().documents().len(), 1);
    let state = office.connector.to_json().unwrap();
    office.connector = WebConnector::from_json(&state).unwrap();
    office.connector.mischief = Mischief::none();
    office.documents = [document("oldMessageSetID=\"B1\" newMessageSetID=\"B1\"", "")].into();
    office.session();
    let told = Document::parse(office.argument("receiveResponseXML", "response")).unwrap();
    let set: &Element = &told.root.children[0];
    assert_eq!(set.attribute("messageSetStatusCode"), Some("0"));
    assert_eq!(set.children[0].children[0].text_of("RefNumber"), Some("1"));
    assert_eq!(office.connector.company().documents().len(), 1);
}

#[test]
fn a_document_may_never_reach_quickbooks() {
    let mut office = Office::new();
    let sale = add(Kind::SalesReceipt, &receipt("1", "10.00"));
    office.documents = [document("newMessageSetID=\"B1\"", &sale)].into();
    office.connector.mischief = Mischief { dropped_before: 1_000, ..Mischief::none() };
    office.fails_with("the program was ended");
    assert_eq!(office.connector.company().documents(), []);
    office.connector.mischief = Mischief { timed_out: 1_000, ..Mischief::none() };
    office.fails_with("QBWC1042: serverVersion");
}

#[test]
fn every_trouble_has_its_own_mark() {
    let with = |mischief: Mischief| {
        let mut office = Office::new();
        office.connector.mischief = mischief;
        office.documents = [document("", "<HostQueryRq/>")].into();
        office.session();
        office
    };
    let stopped = with(Mischief { stopped: 1_000, ..Mischief::none() });
    assert_eq!(stopped.methods()[3..], ["sendRequestXML", "closeConnection"]);
    let wrong = with(Mischief { wrong_ticket: 1_000, ..Mischief::none() });
    assert_ne!(wrong.argument("receiveResponseXML", "ticket"), "ticket-1");
    let dialog = with(Mischief { modal_dialog: 1_000, ..Mischief::none() });
    assert_eq!(dialog.argument("connectionError", "hresult"), "0x80040414");
    let other = with(Mischief { other_file: 1_000, ..Mischief::none() });
    assert_eq!(other.argument("connectionError", "hresult"), "0x8004040A");
}

#[test]
fn troubles_do_not_last_for_ever_and_follow_their_seed() {
    let night = |seed: u64| {
        let mut office = Office::new();
        office.connector.mischief = Mischief::rough(seed);
        for _ in 0..60 {
            office.documents = [document("", "<HostQueryRq/>")].into();
            office.session();
        }
        let clean = office.calls.iter().filter(|(method, _)| method == "receiveResponseXML");
        assert!(clean.count() >= 15, "every fourth session comes through");
        office.connector.troubles().to_vec()
    };
    let troubles = night(1);
    assert_eq!(night(1), troubles);
    assert_ne!(night(2), troubles);
    for trouble in [
        Trouble::TimedOut,
        Trouble::DroppedBefore,
        Trouble::DroppedAfter,
        Trouble::Stopped,
        Trouble::ModalDialog,
        Trouble::OtherFile,
    ] {
        assert!(troubles.contains(&trouble), "{trouble:?} did not strike");
    }
}
