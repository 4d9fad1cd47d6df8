//! What may follow what in a session.

use super::super::*;
use super::files::host;
use jiff::Timestamp;
use saldo_core::exchange::MessageAnswer;

const START: Timestamp = Timestamp::UNIX_EPOCH;

fn known() -> Known {
    Known { file_id: "{90A44FB5-33D9-4815-AC85-BC87A7E7D1EB}".to_owned(), ..Known::default() }
}

fn work() -> WorkRequest {
    let (host, file) = (host("Mug", &[]), r"C:\Mug.qbw".to_owned());
    WorkRequest { ticket: "t".to_owned(), host, file, ..WorkRequest::default() }
}

fn begun() -> Session {
    Session::begun("t".to_owned(), START)
}

/// A session at which the connector asked for work.
fn asking() -> Session {
    let mut session = begun();
    assert!(matches!(session.asked(&work(), &known(), START), Asked::First(_)));
    session
}

/// A session with a message at the connector.
fn handed_over() -> Session {
    let mut session = asking();
    let reply = session.hand_over(Turn::Message(b"<QBXML/>".to_vec()), START);
    assert_eq!(reply, Reply::text("<QBXML/>"));
    session
}

fn received(session: &mut Session, code: &str) -> Result<MessageAnswer, Reply> {
    session.received("<QBXML>1</QBXML>".to_owned(), code.to_owned(), "broken".to_owned(), START)
}

fn done(done: usize) -> Progress {
    Progress { planned: 4, done }
}

#[test]
fn messages_go_out_one_by_one_until_all_is_done() {
    let mut session = handed_over();
    let heard = received(&mut session, "").unwrap();
    assert_eq!(heard, MessageAnswer::Whole(b"<QBXML>1</QBXML>".to_vec()));
    assert_eq!(session.acknowledge(None, done(1), START), Reply::Number(25));
    assert_eq!(session.asked(&WorkRequest::default(), &known(), START), Asked::Next);
    assert_eq!(session.hand_over(Turn::Working, START), Reply::text(""));
    assert_eq!(session.last_error(START), Reply::text("NoOp"));
    assert_eq!(session.trouble(), "", "waiting is no trouble");
    assert_eq!(session.asked(&WorkRequest::default(), &known(), START), Asked::Next);
    session.hand_over(Turn::Message(b"2".to_vec()), START);
    assert_eq!(session.last_error(START), Reply::text(""), "the wait is over");
    let failed = MessageAnswer::Failed { code: "0x80040400".into(), message: "broken".into() };
    assert_eq!(received(&mut session, "0x80040400").unwrap(), failed);
    assert_eq!(session.acknowledge(Some(Ok(())), done(4), START), Reply::Number(100));
    assert!(session.is_over());
    assert_eq!(session.close(done(4), START), Reply::text("OK: 4 of 4 entered"));
}

#[test]
fn how_far_the_work_is_never_ends_it() {
    let cases = [((0, 0), 1), ((1000, 1), 1), ((4, 1), 25), ((4, 4), 99), ((1, 9), 99)];
    for ((planned, done), expected) in cases {
        assert_eq!(Progress { planned, done }.percent(), expected);
    }
    assert_eq!(Progress { planned: 1, done: usize::MAX }.percent(), 99);
}

#[test]
fn work_that_ends_with_trouble_says_so() {
    let mut session = handed_over();
    received(&mut session, "").unwrap();
    let trouble = || Err("the shop is closed".to_owned());
    assert_eq!(session.acknowledge(Some(trouble()), done(1), START), Reply::Number(-1));
    assert_eq!(session.last_error(START), Reply::text("the shop is closed"));
    assert_eq!(session.close(done(1), START), Reply::text("the shop is closed"));
    let mut session = asking();
    assert_eq!(session.hand_over(Turn::Finished(trouble()), START), Reply::text(""));
    assert_eq!(session.last_error(START), Reply::text("the shop is closed"));
    let mut session = asking();
    session.hand_over(Turn::Finished(Ok(())), START);
    assert_eq!(session.trouble(), "");
    assert_eq!(session.close(done(0), START), Reply::text("OK: nothing new was entered"));
}

#[test]
fn another_file_gets_nothing() {
    let other = [(OWNER_ID, "FileID", "{11111111-33D9-4815-AC85-BC87A7E7D1EB}")];
    let mut session = begun();
    let request = WorkRequest { host: host("Cup", &other), ..work() };
    let refused = session.asked(&request, &known(), START);
    assert_eq!(refused, Asked::Refused(Reply::text("")));
    assert!(session.trouble().contains("Cup"), "{}", session.trouble());
    // It does not get anything by asking once more, with the right file's name.
    assert_eq!(session.asked(&work(), &known(), START), Asked::Refused(Reply::text("")));
    assert!(session.is_over());
}

#[test]
fn whoever_asks_before_the_answer_came_is_told_to_begin_anew() {
    let mut session = handed_over();
    let refused = session.asked(&WorkRequest::default(), &known(), START);
    assert_eq!(refused, Asked::Refused(Reply::text("")));
    assert!(session.trouble().contains("did not come"));
    assert!(received(&mut session, "").is_err(), "it is over");
}

#[test]
fn an_answer_to_nothing_ends_the_session() {
    for mut session in [begun(), asking()] {
        assert_eq!(received(&mut session, ""), Err(Reply::Number(-1)));
        assert!(session.is_over());
        assert!(session.trouble().contains("was not handed over"));
    }
    let mut session = handed_over();
    received(&mut session, "").unwrap();
    assert_eq!(received(&mut session, ""), Err(Reply::Number(-1)), "brought twice");
}

#[test]
fn stop_ends_a_session_wherever_it_stands() {
    for mut session in [begun(), asking(), handed_over()] {
        let Reply::Text(told) = session.close(done(1), START) else { panic!("a text is told") };
        assert!(told.contains("stopped before all was done") && session.is_over());
        let asked = session.asked(&work(), &known(), START);
        assert_eq!(asked, Asked::Refused(Reply::text("")));
    }
    let mut session = begun();
    assert_eq!(session.failed("0x80040408", "could not start", START), Reply::text("done"));
    assert!(session.is_over());
    let trouble = "QuickBooks cannot be reached: could not start (0x80040408)";
    assert_eq!(session.close(done(0), START), Reply::text(trouble));
}

#[test]
fn a_session_lives_for_half_an_hour_after_each_call() {
    let after = |minutes: i64| START + jiff::SignedDuration::from_mins(minutes);
    let mut session = handed_over();
    assert!(!session.is_expired(after(29)));
    session.last_error(after(29));
    assert!(!session.is_expired(after(58)));
    assert!(session.is_expired(after(59)));
    assert!(session.expire(after(59)) && session.is_over());
    assert!(!session.expire(after(60)), "it ends once");
    // A file may take its time to open; whoever has nothing to do calls again at once.
    assert!(!begun().is_expired(after(29)) && begun().is_expired(after(30)));
    assert!(!asking().is_expired(after(4)) && asking().is_expired(after(5)));
}

#[test]
fn a_quiet_session_makes_way_unless_a_message_that_writes_is_out() {
    let after = |seconds: i64| START + jiff::SignedDuration::from_secs(seconds);
    let request = |name: &str| {
        format!("<?xml version=\"1.0\"?><QBXML><QBXMLMsgsRq><{name}/></QBXMLMsgsRq></QBXML>")
    };
    let out = |name: &str| {
        let mut session = asking();
        session.hand_over(Turn::Message(request(name).into_bytes()), START);
        session
    };
    for mut session in [asking(), out("CustomerQueryRq")] {
        assert!(!session.make_way(after(119)) && !session.is_over());
        assert!(session.make_way(after(120)) && session.is_over());
        assert!(session.trouble().contains("another session began"));
        assert!(!session.make_way(after(121)), "it ends once");
        assert_eq!(received(&mut session, ""), Err(Reply::Number(-1)), "too late");
    }
    // What cannot be read may write as well; whoever opens a file takes his time.
    for mut session in [out("SalesReceiptAddRq"), handed_over(), begun()] {
        assert!(!session.make_way(after(29 * 60)) && !session.is_over());
    }
}

#[test]
fn a_ticket_that_nobody_has_is_answered_by_nothing_that_runs() {
    let ticket = String::new;
    let none = String::new;
    assert_eq!(stranger(&Call::SendRequest(WorkRequest::default())), Reply::text(""));
    let (response, code, message) = (none(), none(), none());
    let received = Call::ReceiveResponse { ticket: ticket(), response, code, message };
    assert_eq!(stranger(&received), Reply::Number(-1));
    let (code, message) = (none(), none());
    let failed = Call::ConnectionError { ticket: ticket(), code, message };
    assert_eq!(stranger(&failed), Reply::text("done"));
    assert_eq!(stranger(&Call::Close { ticket: ticket() }), Reply::text("OK"));
    let Reply::Text(told) = stranger(&Call::LastError { ticket: ticket() }) else { panic!() };
    assert!(told.contains("start the update again"));
}
