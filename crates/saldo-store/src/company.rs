//! Companies: whose books they are.

use crate::statement::query;
use crate::{Store, StoreError, columns};
use jiff::civil::Date;
use saldo_core::document::WORDING;
use saldo_core::money::Currency;
use saldo_core::text::CompanyId;

/// One merchant with one set of books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Company {
    /// The name in commands.
    pub id: CompanyId,
    /// The name as people write it.
    pub name: String,
    /// The currency of its books.
    pub currency: Currency,
    /// The zone in which its accounting days begin and end, by its IANA name.
    pub timezone: String,
    /// The first day that goes into the books.
    pub start_date: Date,
}

type Row = (String, String, String, String, String);

impl Company {
    fn from_row((id, name, currency, timezone, start_date): Row) -> Result<Self, StoreError> {
        let currency = Currency::parse(&currency)?;
        let start_date = columns::parse("start date", &start_date)?;
        Ok(Self { id: CompanyId::from(id), name, currency, timezone, start_date })
    }
}

impl Store {
    /// Adds a company.
    ///
    /// # Errors
    /// [`StoreError::Exists`] where there is one of this name.
    pub async fn create_company(&self, company: &Company) -> Result<(), StoreError> {
        let added = query(
            "insert into company (id, name, currency, timezone, start_date, worded_by)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (id) do nothing",
        )
        .bind(company.id.as_str())
        .bind(&company.name)
        .bind(company.currency.code())
        .bind(&company.timezone)
        .bind(company.start_date.to_string())
        .bind(i64::from(WORDING))
        .execute(&self.writer)
        .await?;
        match added {
            0 => Err(StoreError::Exists { what: "company", id: company.id.to_string() }),
            _ => Ok(()),
        }
    }

    /// The company of this name.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is none.
    pub async fn company(&self, id: &CompanyId) -> Result<Company, StoreError> {
        let row: Option<Row> =
            query("select id, name, currency, timezone, start_date from company where id = $1")
                .bind(id.as_str())
                .fetch_optional(&self.reader)
                .await?;
        Company::from_row(row.ok_or_else(|| StoreError::not_found("company", id.as_str()))?)
    }

    /// All companies, by name.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn companies(&self) -> Result<Vec<Company>, StoreError> {
        let rows: Vec<Row> =
            query("select id, name, currency, timezone, start_date from company order by id")
                .fetch_all(&self.reader)
                .await?;
        rows.into_iter().map(Company::from_row).collect()
    }
}
