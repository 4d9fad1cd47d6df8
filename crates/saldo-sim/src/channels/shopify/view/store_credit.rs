//! The store credit of customers.

use super::{Scene, Shown, object, text};
use crate::world::CreditMove;
use apollo_compiler::response::JsonMap;

/// The ids of accounts.
const FIRST_ID: u64 = 6_200_000_000_001;

/// The account of a customer, in the shop's currency.
#[derive(Clone, Copy)]
pub(super) struct CreditAccount<'w> {
    scene: &'w Scene<'w>,
    customer: usize,
}

impl<'w> CreditAccount<'w> {
    /// The account of the customer at this place, once there was anything on it.
    pub(super) fn of(scene: &'w Scene<'w>, customer: usize) -> Option<Self> {
        let account = Self { scene, customer };
        (!account.moves().is_empty()).then_some(account)
    }

    /// The number in its id.
    pub(super) fn id(&self) -> u64 {
        FIRST_ID.saturating_add(u64::try_from(self.customer).unwrap_or(0))
    }

    fn moves(&self) -> Vec<CreditMove> {
        self.scene.world.credit_moves(self.customer, self.scene.now)
    }

    fn show(&self, field: &str, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.scene;
        match field {
            "id" => text(Scene::gid("StoreCreditAccount", self.id())),
            "balance" => scene.money(self.moves().iter().map(|it| it.amount).sum()),
            "transactions" => {
                let mut balance = 0;
                let moved = |(number, moved): (u64, CreditMove)| {
                    balance += moved.amount;
                    (moved.at.as_second(), number, Moved { scene, moved, balance })
                };
                let moves = (0_u64..).zip(self.moves()).map(moved).collect();
                let names = (
                    "StoreCreditAccountTransactionConnection",
                    "StoreCreditAccountTransactionEdge",
                );
                scene.connection(names, arguments, moves, false)
            }
            _ => None,
        }
    }
}
object!(CreditAccount<'_>, |_| "StoreCreditAccount");

/// A movement of the account.
#[derive(Clone, Copy)]
struct Moved<'w> {
    scene: &'w Scene<'w>,
    moved: CreditMove,
    balance: i64,
}

impl<'w> Moved<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        let CreditMove { at, amount, by_hand } = self.moved;
        match field {
            "createdAt" => text(at),
            "amount" => self.scene.money(amount),
            "balanceAfterTransaction" => self.scene.money(self.balance),
            "event" => text(match (by_hand, amount > 0) {
                (true, _) => "ADJUSTMENT",
                (false, true) => "ORDER_REFUND",
                (false, false) => "ORDER_PAYMENT",
            }),
            _ => None,
        }
    }

    const fn kind(&self) -> &'static str {
        match self.moved.amount > 0 {
            true => "StoreCreditAccountCreditTransaction",
            false => "StoreCreditAccountDebitTransaction",
        }
    }
}
object!(Moved<'_>, |moved| moved.kind());
