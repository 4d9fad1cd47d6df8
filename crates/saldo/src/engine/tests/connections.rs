//! What is known of connections: why one failed, that its owner ended it, which requests count
//! still, and that a revision of the policy waits there.

use super::super::{
    Ended, approve, clock_difference, disconnect, effects, let_revisions_wait, reconnect, sync,
    trouble,
};
use super::stage::{Stage, world};
use crate::merchant::COMPANY;
use crate::transport::testing::{reply, vendor};
use crate::transport::token::name;
use jiff::SignedDuration;
use saldo_core::money::Balance;
use saldo_core::text::{ConnectionId, Secret};
use saldo_sim::fault::FaultSettings;
use saldo_store::{Connection, Role};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Another account for shipping, so that many documents want to be others.
const WORDS: &str = "accounts.shipping-income = \"Delivery\"";

async fn stage() -> Stage {
    Stage::after(&world(5, 60, 20), &FaultSettings::none()).await
}

#[tokio::test]
async fn why_a_connection_failed_is_known_until_it_answers() {
    let mut stage = stage().await;
    let good = Arc::clone(&stage.books);
    stage.books = vendor(|_, _| reply(403, "no"));
    let engine = stage.engine().await;
    let error = sync(&engine).await.unwrap_err().to_string();
    let (company, book) = (engine.company_id(), ConnectionId::new(COMPANY));
    let known = trouble(&engine.store, company, &book).await.unwrap().unwrap();
    assert_eq!((known.at, known.may_pass), (engine.clock.now(), false));
    assert!(error.contains(&known.message), "{error}: {}", known.message);
    let plain = ConnectionId::new("plain-text");
    assert_eq!(trouble(&engine.store, company, &plain).await.unwrap(), None);
    engine.store.close().await;
    stage.books = good;
    stage.sync().await;
    let engine = stage.engine().await;
    assert_eq!(trouble(&engine.store, engine.company_id(), &book).await.unwrap(), None);
}

#[tokio::test]
async fn an_ended_book_is_left_alone_until_it_is_connected_again() {
    let stage = stage().await;
    stage.sync().await;
    let before = stage.books();
    let engine = stage.engine().await;
    let (store, company) = (&engine.store, engine.company_id());
    let all = store.connections(company).await.unwrap();
    let book = all.into_iter().find(|it| it.id.as_str() == COMPANY).unwrap();
    let by = (&*stage.holder, stage.clock.now());
    assert_eq!(disconnect(store, company, &book, by).await.unwrap(), Ended::Closed);
    let secret = store.secret(company, &book.id, name::CLIENT_SECRET, &engine.key).await;
    assert!(secret.unwrap().is_none());
    stage.decide(WORDS).await;
    stage.sync().await;
    assert_eq!(stage.books().ledger, before.ledger);
    assert_ne!(stage.books().files, before.files);
    let proof = stage.prove().await;
    let proved: Vec<&str> = proof.books.iter().map(|book| &*book.book).collect();
    assert!(proof.holds() && proved == ["plain-text"], "{proved:?}");
    let ended = store.connections(company).await.unwrap();
    let mut again = ended.into_iter().find(|it| it.id == book.id).unwrap();
    reconnect(&mut again);
    assert_eq!(again, book);
    store.update_connection(company, &again).await.unwrap();
    let keys = stage.merchant.keys(stage.clock.now());
    for (name, secret) in [
        (name::CLIENT_ID, keys.quickbooks_client_id),
        (name::CLIENT_SECRET, keys.quickbooks_client_secret),
        (name::REFRESH_TOKEN, keys.refresh_token),
    ] {
        let secret = Secret::new(secret);
        store.put_secret(company, &again.id, name, &secret, &engine.key).await.unwrap();
    }
    engine.store.close().await;
    stage.sync().await;
    stage.assert_proven("connected again").await;
    assert_ne!(stage.books().ledger, before.ledger);
}

#[tokio::test]
async fn a_connection_without_a_history_goes() {
    let stage = stage().await;
    let engine = stage.engine().await;
    let (store, company) = (&engine.store, engine.company_id());
    let unused = Connection {
        id: ConnectionId::new("unused"),
        role: Role::Book,
        adapter: "xero".to_owned(),
        settings: BTreeMap::new(),
        addresses: saldo_core::exchange::Addresses::default(),
    };
    let before = store.connections(company).await.unwrap();
    store.add_connection(company, &unused).await.unwrap();
    let token = Secret::new("t");
    store.put_secret(company, &unused.id, name::ACCESS_TOKEN, &token, &engine.key).await.unwrap();
    let_revisions_wait(store, company, stage.clock.now()).await.unwrap();
    let by = (&*stage.holder, stage.clock.now());
    assert_eq!(disconnect(store, company, &unused, by).await.unwrap(), Ended::Removed);
    assert_eq!(store.connections(company).await.unwrap(), before);
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_noted_until_it_is_set_right() {
    let stage = stage().await;
    let hour = SignedDuration::from_hours(1);
    stage.sync().await;
    for (jump, expected) in [(hour, Some(-hour)), (-hour * 2, Some(hour)), (hour, None)] {
        stage.clock.jump(jump);
        stage.clock.advance(Duration::from_mins(10));
        stage.sync().await;
        let engine = stage.engine().await;
        let shop = engine.connections(Role::Channel).await.unwrap().remove(0);
        let noted = clock_difference(&engine.store, engine.company_id(), &shop.id).await.unwrap();
        // The vendor tells whole seconds.
        let near = |it: SignedDuration| (it - expected.unwrap()).abs().as_secs() <= 1;
        assert!(noted.map_or(expected.is_none(), near), "{noted:?} {expected:?}");
        engine.store.close().await;
    }
    stage.assert_proven("with the clock set right").await;
}

#[tokio::test]
async fn what_a_revision_takes_out_waits_for_a_person_and_new_facts_do_not() {
    let stage = stage().await;
    let engine = stage.engine().await;
    let company = engine.company_id();
    let_revisions_wait(&engine.store, company, stage.clock.now()).await.unwrap();
    assert!(stage.sync().await.acknowledged > 0, "nothing stood there yet");
    stage.assert_proven("by rule").await;
    let before = stage.books();
    let_revisions_wait(&engine.store, company, stage.clock.now()).await.unwrap();
    engine.store.close().await;
    stage.decide(WORDS).await;
    let engine = stage.engine().await;
    let effects = effects(&engine).await.unwrap();
    assert_eq!(effects.len(), 2, "{effects:#?}");
    for effect in &effects {
        assert!(effect.taken_out > 5 && effect.entered == effect.taken_out, "{effect:#?}");
        let accounts = ["Delivery", "Shipping income"];
        assert!(
            effect.differences.iter().all(|it| accounts.contains(&&*it.account)),
            "{effect:#?}"
        );
        let mut sum = Balance::default();
        effect.differences.iter().for_each(|it| sum.add(it.amount).unwrap());
        assert!(sum.is_zero() && !effect.differences.is_empty(), "{effect:#?}");
    }
    assert_eq!(stage.sync().await.approved, 0);
    assert_eq!(stage.books(), before);
    let proof = stage.prove().await;
    assert!(proof.adds_up() && !proof.unapproved.is_empty() && !proof.holds());
    approve(&engine, None, "somebody").await.unwrap();
    engine.store.close().await;
    stage.sync().await;
    stage.assert_proven("approved").await;
    stage.decide("accounts.shipping-income = \"Carriage\"").await;
    assert!(stage.sync().await.approved > 5, "nobody let this revision wait");
    stage.assert_proven("by rule again").await;
}

#[tokio::test]
async fn two_proofs_within_a_second_keep_to_the_limit_of_requests() {
    let stage = stage().await;
    stage.sync().await;
    let calls = || stage.merchant.company().calls();
    let (before, begun) = (calls(), stage.clock.now());
    for _ in 0..4 {
        stage.prove().await;
    }
    assert_eq!(calls().throttled, before.throttled);
    assert!(calls().reports + calls().queries > before.reports + before.queries + 10);
    assert!(stage.clock.now() > begun, "they waited for each other");
}
