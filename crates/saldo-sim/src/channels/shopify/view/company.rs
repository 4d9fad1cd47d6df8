//! Companies that buy by an account of their own, each at one place.

use super::order::Customer;
use super::store_credit::CreditAccount;
use super::{Scene, Shown, object, text};
use crate::channels::shopify::search::Facet;
use apollo_compiler::response::JsonMap;

/// The ids of companies.
const FIRST_COMPANY: u64 = 410_001;
/// The ids of their places.
const FIRST_PLACE: u64 = 420_001;

/// A business that buys by an account of its own.
pub(super) struct PurchasingCompany<'w>(pub(super) Customer<'w>);

impl<'w> PurchasingCompany<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "company" => self.0.scene.object(Company(self.0)),
            _ => None,
        }
    }
}
object!(PurchasingCompany<'_>, |_| "PurchasingCompany");

/// The same by itself.
struct Company<'w>(Customer<'w>);

impl<'w> Company<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "id" => text(Scene::gid("Company", number(FIRST_COMPANY, self.0))),
            "name" => text(self.0.customer.last_name),
            _ => None,
        }
    }
}
object!(Company<'_>, |_| "Company");

/// Where it is, and what it has to its credit.
#[derive(Clone, Copy)]
pub(super) struct CompanyLocation<'w>(Customer<'w>);

impl<'w> CompanyLocation<'w> {
    /// The place of the customer at this place of the world, where that is a company.
    pub(super) fn at(scene: &'w Scene<'w>, place: usize) -> Option<Self> {
        Customer::at(scene, place).filter(|it| it.customer.company).map(Self)
    }

    /// The number in its id.
    pub(super) fn id(&self) -> u64 {
        number(FIRST_PLACE, self.0)
    }

    /// What a search finds.
    pub(super) fn facet(&self, field: &str) -> Facet {
        match field {
            "id" => Facet::Id(self.id()),
            _ => Facet::Absent,
        }
    }

    fn show(&self, field: &str, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.0.scene;
        match field {
            "id" => text(Scene::gid("CompanyLocation", self.id())),
            "name" => text(self.0.customer.last_name),
            "company" => scene.object(Company(self.0)),
            "storeCreditAccounts" => {
                let account = CreditAccount::of(scene, self.0.place);
                let accounts = account.into_iter().map(|account| (0, account.id(), account));
                let names = ("StoreCreditAccountConnection", "StoreCreditAccountEdge");
                scene.connection(names, arguments, accounts.collect(), false)
            }
            _ => None,
        }
    }
}
object!(CompanyLocation<'_>, |_| "CompanyLocation");

fn number(first: u64, customer: Customer<'_>) -> u64 {
    first.saturating_add(u64::try_from(customer.place).unwrap_or(0))
}
