//! Who is let in, and until when.

use super::*;

#[tokio::test]
async fn whoever_has_no_password_gets_nothing() {
    let (stage, _) = Stage::sending(&["1"]).await;
    for (user, password) in [
        ("saldo-demo", "wrong"),
        ("saldo-demo", ""),
        ("saldo-other", stage.password.as_str()),
        ("", ""),
    ] {
        assert_eq!(stage.log_in(user, password).await, ["", "nvu"], "{user} {password}");
    }
    assert!(stage.service.live.all().is_empty());
    let (company, book) = (&stage.company, &stage.book);
    assert_eq!(last_call(&stage.service.store, company, book).await.unwrap(), None);
    // A password that was revoked is none.
    let (store, key) = (&stage.service.store, &stage.service.key);
    store.put_secret(company, book, PASSWORD, &Secret::new(""), key).await.unwrap();
    assert_eq!(stage.log_in("saldo-demo", &stage.password).await, ["", "nvu"]);
    assert_eq!(stage.log_in("saldo-demo", "").await, ["", "nvu"]);
}

#[tokio::test]
async fn a_password_that_is_taken_away_ends_the_session_that_it_began() {
    let (stage, heard) = Stage::sending(&["1", "2"]).await;
    let ticket = stage.ticket().await;
    assert_eq!(stage.next(&ticket, &host(FILE_ID), FILE).await, "1");
    let (store, key) = (&stage.service.store, &stage.service.key);
    store.put_secret(&stage.company, &stage.book, PASSWORD, &Secret::new(""), key).await.unwrap();
    // What was handed over is answered; nothing more is.
    assert_eq!(stage.bring(&ticket, "a", "").await, "50");
    assert_eq!(stage.next(&ticket, "", FILE).await, "");
    let words = "nobody is let in by this password any more";
    assert_eq!(stage.last_error(&ticket).await, words);
    assert_eq!(stage.close(&ticket).await, words);
    assert_eq!(stage.trouble().await.as_deref(), Some(words));
    stage.service.stop().await;
    assert_eq!(*heard.lock().unwrap(), [whole("a"), Err(Permit::WhenCalled)]);
}

#[tokio::test]
async fn what_must_be_done_first_holds_sessions_back() {
    let (stage, heard) = Stage::sending(&["1"]).await;
    for (said, answer) in [("moving", "none"), ("moved", "")] {
        let mut connection = stage.connection().await;
        connection.settings.insert(setting::POS.to_owned(), said.to_owned());
        stage.service.store.update_connection(&stage.company, &connection).await.unwrap();
        assert_eq!(stage.log_in("saldo-demo", &stage.password).await[1], answer, "{said}");
    }
    assert!(heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_service_of_one_company_lets_no_other_in() {
    let (stage, _) = Stage::sending(&["1"]).await;
    for (only, answer) in [("other", "nvu"), ("demo", "")] {
        let service = WebConnector {
            store: stage.service.store.clone(),
            key: Arc::clone(&stage.service.key),
            clock: stage.service.clock.clone(),
            only: Some(CompanyId::new(only)),
            work: Arc::clone(&stage.service.work),
            patience: stage.service.patience,
            stranger_limit: STRANGER_LIMIT,
            live: Sessions::default(),
            door: std::sync::Arc::default(),
        };
        let method = saldo_books::quickbooks_desktop::connector::Method::Authenticate;
        let password = Secret::new(&stage.password);
        let login = Login { user: "saldo-demo".to_owned(), password };
        let reply = service.reply(Call::Authenticate(login)).await.unwrap();
        let told = testing::results(reply.write(method), "authenticate");
        assert_eq!(told[1], answer, "{only}");
    }
}
