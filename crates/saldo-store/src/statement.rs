//! Statements with their values: texts of our own, and what is bound in them.

use crate::StoreError;
use crate::sqlite::{Executor, FromRow};
use saldo_core::commerce::RecordRef;
use std::borrow::Cow;
use std::fmt::Write;

/// How many values a list names at most, and how many rows are looked up or written at once. With
/// some further values a statement stays below the 32,766 that `SQLite` takes, and the 65,535 of
/// `PostgreSQL`.
pub(crate) const ROWS_MAX: usize = 1_000;

/// A value in a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value<'v> {
    Null,
    Integer(i64),
    Text(Cow<'v, str>),
    Bytes(Cow<'v, [u8]>),
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(value: &'v str) -> Self {
        Self::Text(Cow::Borrowed(value))
    }
}

impl<'v> From<&'v String> for Value<'v> {
    fn from(value: &'v String) -> Self {
        Self::from(value.as_str())
    }
}

impl From<String> for Value<'_> {
    fn from(value: String) -> Self {
        Self::Text(Cow::Owned(value))
    }
}

impl<'v> From<&'v [u8]> for Value<'v> {
    fn from(value: &'v [u8]) -> Self {
        Self::Bytes(Cow::Borrowed(value))
    }
}

impl<'v> From<&'v Vec<u8>> for Value<'v> {
    fn from(value: &'v Vec<u8>) -> Self {
        Self::from(value.as_slice())
    }
}

impl From<Vec<u8>> for Value<'_> {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(Cow::Owned(value))
    }
}

impl<'v, T: Into<Value<'v>>> From<Option<T>> for Value<'v> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A statement and its values, ready to run.
#[derive(Debug)]
pub(crate) struct Query<'v> {
    /// Its text. Values stand in it as `$1`, `$2` and so on.
    pub(crate) text: Cow<'static, str>,
    /// The values, from the first on; those of a row are empty places.
    pub(crate) values: Vec<Value<'v>>,
    /// The rows that it is run for, one after the other; without this, it is run once.
    pub(crate) rows: Option<Rows<'v>>,
}

/// Values that change from row to row.
#[derive(Debug)]
pub(crate) struct Rows<'v> {
    /// How many values stand before those of the row.
    pub(crate) before: usize,
    /// How many values a row has.
    pub(crate) width: usize,
    /// The values of all rows.
    pub(crate) values: Vec<Value<'v>>,
}

/// A statement of this text, in which values stand as `$1`, `$2` and so on.
pub(crate) fn query<'v>(text: impl Into<Cow<'static, str>>) -> Query<'v> {
    Query { text: text.into(), values: Vec::new(), rows: None }
}

impl<'v> Query<'v> {
    /// Gives the next value.
    pub(crate) fn bind(mut self, value: impl Into<Value<'v>>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Runs it; returns how many rows were written.
    pub(crate) async fn execute(&self, executor: impl Executor) -> Result<u64, StoreError> {
        Ok(executor.session().await?.execute(self)?)
    }

    /// Runs it; returns all rows that it answers with.
    pub(crate) async fn fetch_all<T: FromRow>(
        &self,
        executor: impl Executor,
    ) -> Result<Vec<T>, StoreError> {
        Ok(executor.session().await?.fetch(self)?)
    }

    /// Runs it; returns the first row, where it answers with one.
    pub(crate) async fn fetch_optional<T: FromRow>(
        &self,
        executor: impl Executor,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.fetch_all(executor).await?.into_iter().next())
    }

    /// Runs it; returns the first row of those that it always answers with.
    pub(crate) async fn fetch_one<T: FromRow>(
        &self,
        executor: impl Executor,
    ) -> Result<T, StoreError> {
        let row = self.fetch_optional(executor).await?;
        row.ok_or(StoreError::Database(rusqlite::Error::QueryReturnedNoRows))
    }
}

/// A statement that is put together from pieces of our own text and bound values.
pub(crate) struct Statement<'v> {
    text: String,
    values: Vec<Value<'v>>,
    rows: Option<Rows<'v>>,
}

impl<'v> Statement<'v> {
    /// Begins with a text.
    pub(crate) fn new(text: &'static str) -> Self {
        Self { text: text.to_owned(), values: Vec::new(), rows: None }
    }

    /// Goes on with a text.
    pub(crate) fn text(mut self, text: &'static str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Goes on with a value.
    pub(crate) fn bind(mut self, value: impl Into<Value<'v>>) -> Self {
        self.place(value.into());
        self
    }

    /// Goes on with a list of values in brackets: `(a, b, c)`.
    pub(crate) fn list<T: Into<Value<'v>>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        self.text.push('(');
        self.places(values.into_iter().map(Into::into));
        self.text.push(')');
        self
    }

    /// Goes on with a value, and is run for each of these: not at all where there are none.
    pub(crate) fn each<T: Into<Value<'v>>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.rows = Some(Rows { before: self.values.len(), width: 1, values });
        self.place(Value::Null);
        self
    }

    /// Goes on with the values of a row, `values (a, b)`, and is run for each of these rows: not at
    /// all where there are none. The text is made once.
    pub(crate) fn rows<T>(
        mut self,
        rows: impl IntoIterator<Item = T>,
        mut row: impl FnMut(&mut Values<'v>, T),
    ) -> Self {
        let (mut values, mut width) = (Values(Vec::new()), 0);
        for (number, item) in rows.into_iter().enumerate() {
            row(&mut values, item);
            width = if number == 0 { values.0.len() } else { width };
            assert_eq!(values.0.len(), width * (number + 1), "a row has as many values as others");
        }
        let before = self.values.len();
        self.text.push_str("values (");
        self.places(std::iter::repeat_n(Value::Null, width));
        self.text.push(')');
        self.rows = Some(Rows { before, width, values: values.0 });
        self
    }

    /// Goes on with a row of connection, stream and id, as a query of `column1` to `column3`, and
    /// is run for each of them.
    pub(crate) fn references(self, references: impl IntoIterator<Item = &'v RecordRef>) -> Self {
        self.rows(references, |row, reference| {
            row.push_bind(reference.connection.as_str())
                .push_bind(reference.stream.as_str())
                .push_bind(reference.id.as_str());
        })
    }

    /// The whole, ready to run.
    pub(crate) fn query(self) -> Query<'v> {
        Query { text: Cow::Owned(self.text), values: self.values, rows: self.rows }
    }

    fn places(&mut self, values: impl Iterator<Item = Value<'v>>) {
        for (number, value) in values.enumerate() {
            if number > 0 {
                self.text.push_str(", ");
            }
            self.place(value);
        }
    }

    fn place(&mut self, value: Value<'v>) {
        self.values.push(value);
        write!(self.text, "${}", self.values.len())
            .expect("a text grows as long as there is memory");
    }
}

/// The values of rows, one after the other.
pub(crate) struct Values<'v>(Vec<Value<'v>>);

impl<'v> Values<'v> {
    /// Gives the next value of a row.
    pub(crate) fn push_bind(&mut self, value: impl Into<Value<'v>>) -> &mut Self {
        self.0.push(value.into());
        self
    }
}
