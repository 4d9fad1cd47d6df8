//! Statements about many rows at once: never a statement a row.

use crate::sqlite::Database;
use saldo_core::commerce::RecordRef;
use sqlx::{Encode, QueryBuilder, Type};

/// How many rows one statement inserts or looks up at most. With up to 30 values a row this stays
/// below the 32,766 values that `SQLite` takes in one statement, and the 65,535 of `PostgreSQL`.
pub(crate) const ROWS_MAX: usize = 1_000;

/// A statement that is put together from pieces of our own text and bound values.
pub(crate) struct Statement(QueryBuilder<Database>);

impl Statement {
    /// Begins with a text.
    pub(crate) fn new(text: &'static str) -> Self {
        Self(QueryBuilder::new(text))
    }

    /// Goes on with a text.
    pub(crate) fn text(mut self, text: &'static str) -> Self {
        self.0.push(text);
        self
    }

    /// Goes on with a value.
    pub(crate) fn bind<'t>(mut self, value: impl Encode<'t, Database> + Type<Database>) -> Self {
        self.0.push_bind(value);
        self
    }

    /// Goes on with a list of values in brackets: `(a, b, c)`.
    pub(crate) fn list<'t, T>(mut self, values: impl IntoIterator<Item = T>) -> Self
    where
        T: Encode<'t, Database> + Type<Database>,
    {
        self.0.push("(");
        let mut list = self.0.separated(", ");
        for value in values {
            list.push_bind(value);
        }
        self.0.push(")");
        self
    }

    /// Goes on with rows: `values (a, b), (c, d)`.
    pub(crate) fn rows<T>(
        mut self,
        rows: impl IntoIterator<Item = T>,
        mut row: impl FnMut(&mut Values<'_>, T),
    ) -> Self {
        self.0.push_values(rows, |mut values, item| row(&mut values, item));
        self
    }

    /// Goes on with rows of connection, stream and id, as a query of `column1` to `column3`.
    pub(crate) fn references<'r>(
        self,
        references: impl IntoIterator<Item = &'r RecordRef>,
    ) -> Self {
        self.rows(references, |row, reference| {
            row.push_bind(reference.connection.as_str())
                .push_bind(reference.stream.as_str())
                .push_bind(reference.id.as_str());
        })
    }

    /// The whole, ready to run.
    pub(crate) fn builder(self) -> QueryBuilder<Database> {
        self.0
    }
}

/// The values of one row, bound one after the other.
pub(crate) type Values<'a> = sqlx::query_builder::Separated<'a, Database, &'static str>;
