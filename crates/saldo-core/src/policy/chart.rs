//! The accounts by the part that they play.

use super::PolicyError;
use crate::ledger::{Account, AccountKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Declares the roles with their names in text, default account names and kinds.
macro_rules! roles {
    ($($(#[$meta:meta])* $role:ident = $word:literal, $account:literal, $kind:ident;)*) => {
        /// The part that an account plays in the entries.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Role {
            $($(#[$meta])* $role,)*
        }

        impl Role {
            /// All roles, in the order of a chart of accounts.
            pub const ALL: &'static [Role] = &[$(Role::$role,)*];

            /// The word for it in a policy's text.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$role => $word,)* }
            }

            /// The name of its account where the policy gives none.
            #[must_use]
            pub const fn default_account(self) -> &'static str {
                match self { $(Self::$role => $account,)* }
            }

            /// The kind of its account.
            #[must_use]
            pub const fn kind(self) -> AccountKind {
                match self { $(Self::$role => AccountKind::$kind,)* }
            }
        }
    };
}

roles! {
    /// Where payouts arrive.
    Bank = "bank", "Bank", Bank;
    /// Payouts that left in one month and arrive in the next.
    PayoutsInTransit = "payouts-in-transit", "Payouts in transit", Clearing;
    /// What buyers owe by invoice.
    Receivable = "receivable", "Accounts receivable", Receivable;
    /// Money that a platform keeps back.
    Reserves = "reserves", "Reserves held by platform", OtherCurrentAsset;
    /// Money of single sales that a platform does not pay out yet.
    FundsOnHold = "funds-on-hold", "Funds on hold", OtherCurrentAsset;
    /// What a marketplace owes for sales that are in no settlement yet.
    DeferredBalances = "deferred-balances", "Deferred balances", OtherCurrentAsset;
    /// Payments that a buyer's bank took back for now.
    Disputes = "disputes", "Disputes receivable", OtherCurrentAsset;
    /// Cash that left the drawer and has not reached the bank.
    CashInTransit = "cash-in-transit", "Cash in transit", Cash;
    /// Tax on what was bought, which the state gives back.
    InputTax = "input-tax", "Input VAT recoverable", OtherCurrentAsset;
    /// Goods that are expected to come back.
    ReturnedGoods = "returned-goods", "Right to returned goods", OtherCurrentAsset;
    /// Goods that are not sold yet.
    Inventory = "inventory", "Inventory", OtherCurrentAsset;
    /// Money paid to suppliers before their bills.
    SupplierPrepayments = "supplier-prepayments", "Supplier prepayments", OtherCurrentAsset;
    /// Goods that came in before their bills.
    GoodsReceived =
        "goods-received", "Goods received not invoiced", OtherCurrentLiability;
    /// What suppliers are owed by their bills.
    Payable = "payable", "Accounts payable", Payable;
    /// The card that a marketplace charges where its balance does not suffice.
    CreditCard = "credit-card", "Credit card", CreditCard;
    /// Tax collected for the state.
    SalesTax = "sales-tax", "Sales tax payable", TaxLiability;
    /// Gift cards that are still to be redeemed.
    GiftCards = "gift-cards", "Gift card liability", OtherCurrentLiability;
    /// Store credit that is still to be used.
    StoreCredit = "store-credit", "Store credit liability", OtherCurrentLiability;
    /// Tax that a marketplace collects and owes itself: in and out again, nil in the end.
    FacilitatorTax =
        "facilitator-tax", "Marketplace facilitator tax clearing", OtherCurrentLiability;
    /// Duties and import tax collected from buyers for whoever pays them to the customs.
    Duties = "duties", "Duties & import tax payable", OtherCurrentLiability;
    /// Money received before the sale.
    Deposits = "deposits", "Customer deposits / deferred revenue", OtherCurrentLiability;
    /// Tips that belong to the staff.
    Tips = "tips", "Tips payable", OtherCurrentLiability;
    /// Refunds that were agreed and not yet paid.
    RefundsPayable = "refunds-payable", "Refunds payable to customer", OtherCurrentLiability;
    /// Money whose reason nobody knows yet.
    ForReview = "for-review", "Platform adjustments - to review", OtherCurrentLiability;
    /// Tax on what is bought from abroad, which the buyer owes in the seller's place.
    OutputTax = "output-tax", "Output VAT (reverse charge)", OtherCurrentLiability;
    /// Loans that are paid back from a gateway's balance.
    Loans = "loans", "Loans payable", OtherCurrentLiability;
    /// What of the price of loans is not spent yet: it lessens the debt.
    FinancingToCome = "financing-to-come", "Unamortised financing cost", OtherCurrentLiability;
    /// What is expected to be given back for goods that were sold.
    RefundLiability = "refund-liability", "Refund liability", OtherCurrentLiability;
    /// What is gained, or lost, since rates moved between a sale and its money.
    Exchange = "exchange", "FX gain/loss (realised)", OtherIncome;
    /// What would be gained, or lost, if what is open at a month's end were paid at its rate.
    UnrealisedExchange =
        "unrealised-exchange", "FX gain/loss (unrealised)", OtherIncome;
    /// What is earned outside the trade.
    OtherIncome = "other-income", "Other income", OtherIncome;
    /// What a marketplace pays for goods that it lost or spoilt.
    Reimbursements = "reimbursements", "Marketplace reimbursements", OtherIncome;
    /// What will never be redeemed of gift cards.
    GiftCardBreakage = "gift-card-breakage", "Gift card breakage", OtherIncome;
    /// Sales before discounts and returns.
    ProductSales = "product-sales", "Product sales", Income;
    /// Carriage charged to buyers.
    ShippingIncome = "shipping-income", "Shipping income", Income;
    /// Discounts.
    Discounts = "discounts", "Discounts given", ContraIncome;
    /// Returned goods.
    Returns = "returns", "Returns & refunds", ContraIncome;
    /// Money given back without goods.
    RefundAllowances = "refund-allowances", "Refund allowances (no item)", ContraIncome;
    /// Gift cards given away.
    PromotionalGiftCards = "promotional-gift-cards", "Promotional gift cards", ContraIncome;
    /// What sold goods had cost.
    CostOfGoods = "cost-of-goods", "Cost of goods sold", CostOfGoods;
    /// Goods that were lost, spoilt or counted short.
    Shrinkage = "shrinkage", "Inventory shrinkage & damage", CostOfGoods;
    /// The gateway's charge for payments.
    ProcessingFees = "processing-fees", "Payment processing fees", Expense;
    /// The gateway's charge for changing currencies.
    ConversionFees = "conversion-fees", "Currency conversion fees", Expense;
    /// The gateway's charge for disputes.
    ChargebackFees = "chargeback-fees", "Chargeback fees", Expense;
    /// Disputes lost.
    ChargebackLosses = "chargeback-losses", "Chargeback losses", Expense;
    /// The platform's own bills.
    PlatformBills = "platform-bills", "Software subscriptions", Expense;
    /// Labels and carriers' charges for parcels to buyers.
    ShippingCost = "shipping-cost", "Outbound shipping cost", Expense;
    /// A marketplace's share of sales.
    Commission = "commission", "Marketplace commission", Expense;
    /// What a marketplace charges for packing and sending goods.
    FulfilmentFees = "fulfilment-fees", "Marketplace fulfilment fees", Expense;
    /// What a marketplace charges for keeping goods.
    StorageFees = "storage-fees", "Marketplace storage fees", Expense;
    /// What is paid to be seen.
    Advertising = "advertising", "Advertising", Expense;
    /// What duties and import tax cost more, or less, than buyers paid for them.
    DutiesResidue = "duties-residue", "Duties over/under-recovered", Expense;
    /// The price of loans.
    FinancingCost = "financing-cost", "Financing cost", Expense;
    /// What a drawer holds more, or less, than it should.
    CashOverShort = "cash-over-short", "Cash over/short", Expense;
    /// What the shop itself uses up.
    StoreSupplies = "store-supplies", "Store supplies", Expense;
    /// What coins that do not exist, or a book's own arithmetic, make of an amount.
    Rounding = "rounding", "Rounding differences", Expense;
    /// Claims given up.
    BadDebt = "bad-debt", "Bad debt", Expense;
}

/// The accounts by role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart(BTreeMap<Role, Account>);

impl Chart {
    /// The default accounts, with these names in their place.
    ///
    /// # Errors
    /// [`PolicyError::Kinds`] where one name would mean two kinds of account.
    pub fn new(names: &BTreeMap<Role, String>) -> Result<Self, PolicyError> {
        let mut kinds: BTreeMap<&str, Role> = BTreeMap::new();
        let mut accounts = BTreeMap::new();
        for role in Role::ALL {
            let name = names.get(role).map_or(role.default_account(), String::as_str);
            if let Some(other) = kinds.insert(name, *role)
                && other.kind() != role.kind()
            {
                return Err(PolicyError::Kinds {
                    account: name.to_owned(),
                    first: other.word(),
                    second: role.word(),
                });
            }
            accounts.insert(*role, Account::new(name, role.kind()));
        }
        Ok(Self(accounts))
    }

    /// The same accounts, but for those of roles that get other names.
    pub(super) fn renamed(&self, name: impl Fn(Role) -> Option<String>) -> Self {
        let renamed = |(role, account): (&Role, &Account)| match name(*role) {
            Some(name) => (*role, Account::new(name, account.kind)),
            None => (*role, account.clone()),
        };
        Self(self.0.iter().map(renamed).collect())
    }

    /// The account of a role.
    #[must_use]
    pub fn account(&self, role: Role) -> Account {
        let account = self.0.get(&role).cloned();
        account.unwrap_or_else(|| Account::new(role.default_account(), role.kind()))
    }

    /// All accounts by role.
    pub fn iter(&self) -> impl Iterator<Item = (Role, &Account)> {
        self.0.iter().map(|(role, account)| (*role, account))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_text() {
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).unwrap(), role.word());
        }
    }

    #[test]
    fn one_name_has_one_kind() {
        let names = BTreeMap::from([(Role::Bank, "Tips payable".to_owned())]);
        assert!(Chart::new(&names).is_err());
        let names = BTreeMap::from([(Role::ShippingIncome, "Product sales".to_owned())]);
        assert!(Chart::new(&names).is_ok());
    }
}
