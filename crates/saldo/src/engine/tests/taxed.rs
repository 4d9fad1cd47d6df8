//! Companies that come to sales tax otherwise than by the vendor's own way: nothing with tax is
//! entered there until they do, and then all of it as though they always had.

use super::stage::{Stage, world};
use saldo_core::book::{RefusalKind, Subject};
use saldo_sim::fault::FaultSettings;

const AGENCY: &str = "Sales Tax Agency Payable";

#[tokio::test]
async fn what_the_book_would_tax_otherwise_waits_until_it_does_not() {
    let settings = world(3, 40, 20);
    let undisturbed = Stage::after(&settings, &FaultSettings::none()).await;
    undisturbed.sync().await;
    let expected = undisturbed.books().ledger;
    assert!(expected.contains(AGENCY));
    for (using_sales_tax, automated, words) in [
        (false, true, "the book collects no sales tax, and this has "),
        (true, false, "the book works out sales tax by codes that its owner set up"),
    ] {
        let stage = Stage::after(&settings, &FaultSettings::none()).await;
        let set = |using, automated| {
            let mut company = stage.merchant.company();
            let settings = &mut company.company_mut().settings;
            (settings.using_sales_tax, settings.automated_sales_tax) = (using, automated);
        };
        set(using_sales_tax, automated);
        stage.sync().await;
        let entered = stage.books().ledger;
        assert!(!entered.contains(AGENCY) && entered.lines().count() > 10, "{entered}");
        let engine = stage.engine().await;
        let failed = engine.store.failed(engine.company_id()).await.unwrap();
        assert!(!failed.is_empty());
        for failed in failed {
            assert_eq!(failed.refusal.kind, RefusalKind::SalesTaxOff, "{failed:#?}");
            assert!(failed.refusal.message.starts_with(words), "{}", failed.refusal.message);
            let Subject::Document { document, .. } = &failed.change.subject else { panic!() };
            assert!(!document.tax().unwrap().is_zero());
        }
        set(true, true);
        stage.sync().await;
        assert!(engine.store.failed(engine.company_id()).await.unwrap().is_empty());
        assert_eq!(stage.books().ledger, expected);
        stage.assert_proven("tax by the vendor's own way").await;
        engine.store.close().await;
    }
}
