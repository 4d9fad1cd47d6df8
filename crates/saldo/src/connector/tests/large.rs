//! Answers that are larger than anything that is held of them.

use super::*;

/// A message that asks for the ids of cheques.
const MESSAGE: &str = "<?xml version=\"1.0\"?><QBXML><QBXMLMsgsRq onError=\"continueOnError\">\
    <CheckQueryRq requestID=\"1\"><IncludeRetElement>TxnID</IncludeRetElement></CheckQueryRq>\
    </QBXMLMsgsRq></QBXML>";

/// An answer of so many cheques of a megabyte each.
fn cheques(many: usize) -> String {
    let row = |number: usize| {
        let memo = "x".repeat(1 << 20);
        format!("<CheckRet><TxnID>{number}-1</TxnID><Memo>{memo}</Memo></CheckRet>")
    };
    let rows: String = (0..many).map(row).collect();
    format!(
        "<QBXML><QBXMLMsgsRs><CheckQueryRs requestID=\"1\" statusCode=\"0\">{rows}</CheckQueryRs>\
         </QBXMLMsgsRs></QBXML>"
    )
}

#[tokio::test]
async fn an_answer_of_any_size_is_taken_and_what_was_asked_for_kept() {
    let (stage, heard) = Stage::sending(&[MESSAGE, MESSAGE]).await;
    let ticket = stage.ticket().await;
    assert_eq!(stage.next(&ticket, &host(FILE_ID), FILE).await, MESSAGE);
    assert_eq!(stage.bring(&ticket, &cheques(40), "").await, "50");
    let answer = heard.lock().unwrap().remove(0).unwrap();
    let MessageAnswer::Whole(body) = answer else { panic!("{answer:?}") };
    let text = String::from_utf8(body).unwrap();
    assert_eq!(text.matches("-1</TxnID></CheckRet>").count(), 40);
    assert!(text.len() < 10_000, "{}", text.len());
    // One that ends in the middle is none: what became of the message is not known.
    assert_eq!(stage.next(&ticket, "", FILE).await, MESSAGE);
    let cut = cheques(8).replace("</QBXMLMsgsRs>", "");
    assert_eq!(stage.bring(&ticket, &cut, "").await, "100");
    let answer = heard.lock().unwrap().remove(0).unwrap();
    let MessageAnswer::Failed { message, .. } = answer else { panic!("{answer:?}") };
    assert!(message.contains("cannot be read"), "{message}");
}

/// A connection on which a call has begun that says to be large.
async fn begun(stage: &Stage, ticket: &str) -> tokio::net::TcpStream {
    use tokio::io::AsyncWriteExt;
    let host = stage.url.strip_prefix("http://").and_then(|url| url.strip_suffix(PATH)).unwrap();
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    let head = format!("POST {PATH} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 9000000\r\n\r\n");
    let call = format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>\
         <receiveResponseXML xmlns=\"http://developer.intuit.com/\"><ticket>{ticket}</ticket>\
         <response>"
    );
    stream.write_all((head + &call).as_bytes()).await.unwrap();
    stream
}

/// What it is answered, where that comes so soon.
async fn answered_within(stream: &mut tokio::net::TcpStream, within: Duration) -> Option<String> {
    use tokio::io::AsyncReadExt;
    let mut answer = vec![0; 4096];
    let read = tokio::time::timeout(within, stream.read(&mut answer)).await.ok()?;
    answer.truncate(read.unwrap_or(0));
    Some(String::from_utf8(answer).unwrap())
}

#[tokio::test]
async fn nobody_takes_the_place_of_a_session_whose_answer_is_on_its_way() {
    let (stage, _heard) = Stage::sending(&[MESSAGE]).await;
    let ticket = stage.ticket().await;
    assert_eq!(stage.next(&ticket, &host(FILE_ID), FILE).await, MESSAGE);
    let stream = begun(&stage, &ticket).await;
    let answers = async {
        loop {
            let live = stage.service.live.by_ticket(&ticket).unwrap();
            if live.is_heard() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), answers).await.unwrap();
    stage.service.clock.advance(Duration::from_mins(10));
    assert_eq!(stage.log_in("saldo-demo", &stage.password).await, ["", "busy"]);
    drop(stream);
    let gone = async {
        while stage.service.live.by_ticket(&ticket).is_some_and(|live| live.is_heard()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.unwrap();
    assert_ne!(stage.ticket().await, ticket);
}

#[tokio::test]
async fn a_large_answer_of_a_stranger_is_not_heard() {
    use tokio::io::AsyncWriteExt;
    let (stage, heard) = Stage::sending(&[MESSAGE]).await;
    assert_eq!(stage.bring(&"0".repeat(32), "<A/>", "").await, "-1", "a short one is told");
    let mut stream = begun(&stage, &"0".repeat(32)).await;
    // It may be gone before all of it was written.
    drop(stream.write_all("x".repeat(200_000).as_bytes()).await);
    let answer = answered_within(&mut stream, Duration::from_secs(60)).await;
    assert!(answer.is_some_and(|it| it.is_empty() || it.contains(" 500 ")));
    assert!(heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_stranger_is_not_listened_to_for_long() {
    let (stage, heard) = Stage::sending(&[MESSAGE]).await;
    let ticket = stage.ticket().await;
    assert_eq!(stage.next(&ticket, &host(FILE_ID), FILE).await, MESSAGE);
    let (mut stranger, mut ours) = (begun(&stage, "0").await, begun(&stage, &ticket).await);
    let within = Duration::from_secs(60);
    let answer = answered_within(&mut stranger, within).await.expect("it is not waited for");
    assert!(answer.contains(" 400 "), "{answer}");
    let still = answered_within(&mut ours, Duration::from_millis(600)).await;
    assert_eq!(still, None, "whose session it is takes its time");
    assert!(heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_call_that_breaks_off_is_none() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (stage, heard) = Stage::sending(&[MESSAGE]).await;
    let ticket = stage.ticket().await;
    stage.next(&ticket, &host(FILE_ID), FILE).await;
    let host = stage.url.strip_prefix("http://").and_then(|url| url.strip_suffix(PATH)).unwrap();
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    let head = format!("POST {PATH} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 100000\r\n\r\n");
    stream.write_all(format!("{head}<soap:Envelope><ticket>{ticket}").as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(!answer.contains("200 OK"), "{answer}");
    assert!(heard.lock().unwrap().is_empty(), "nothing was heard of it");
    // Whoever calls again comes out of turn: it is looked for first.
    assert_eq!(stage.next(&ticket, "", FILE).await, "");
    assert_eq!(*heard.lock().unwrap(), [Err(Permit::InDoubt)]);
}
