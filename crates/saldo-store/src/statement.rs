//! Statements with their values: texts of our own, and what is bound in them.

use crate::StoreError;
use crate::sqlite::{Executor, FromRow};
use saldo_core::commerce::RecordRef;
use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;

/// How many values a list names at most, and how many rows are looked up or written at once. With
/// some further values a statement stays below the 32,766 that `SQLite` takes, and the 65,535 of
/// `PostgreSQL`.
pub(crate) const ROWS_MAX: usize = 1_000;

/// How many rows a statement is run for at once: a few, so that all pages share two texts.
const ROWS_AT_ONCE: usize = 50;

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
    /// Where the row stands in the text, `(a, b)`, if further rows may stand behind it.
    pub(crate) place: Option<Range<usize>>,
    /// The values of all rows.
    pub(crate) values: Vec<Value<'v>>,
}

impl Rows<'_> {
    /// The text with places for several rows at once, and how many; none where rows go one by one,
    /// or there are too few. The places of further rows stand behind all others.
    pub(crate) fn at_once(&self, text: &str, values: usize) -> Option<(String, usize)> {
        let place = self.place.as_ref()?;
        let count = ROWS_AT_ONCE;
        if self.values.len() < count * self.width {
            return None;
        }
        let (before, after) = (text.get(..place.end)?, text.get(place.end..)?);
        let mut whole = before.to_owned();
        for row in 0..count - 1 {
            let first = values + row * self.width + 1;
            for (number, value) in (first..first + self.width).enumerate() {
                whole.push_str(if number == 0 { ", ($" } else { ", $" });
                whole.push_str(&value.to_string());
            }
            whole.push(')');
        }
        whole.push_str(after);
        Some((whole, count))
    }
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
        self.rows = Some(Rows { before: self.values.len(), width: 1, place: None, values });
        self.place(Value::Null);
        self
    }

    /// Goes on with the values of a row, `values (a, b)`, and is run for each of these rows: not at
    /// all where there are none. The text is made once. A statement that alters rows is run for one
    /// after the other; for several at once the database would have to choose where to begin.
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
        self.text.push_str("values ");
        let begin = self.text.len();
        self.text.push('(');
        self.places(std::iter::repeat_n(Value::Null, width));
        self.text.push(')');
        let place = (!self.text.starts_with("update")).then_some(begin..self.text.len());
        self.rows = Some(Rows { before, width, place, values: values.0 });
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;

    /// Fewer than go at once, as many, and some more than several times as many.
    #[tokio::test]
    async fn as_many_rows_are_written_and_found_as_there_are() {
        for count in [0, 1, ROWS_AT_ONCE - 1, ROWS_AT_ONCE, 3 * ROWS_AT_ONCE + 7] {
            let store = Store::in_memory().await.unwrap();
            let mut transaction = store.begin().await.unwrap();
            let words: Vec<String> = (0..count).map(|number| format!("state {number}")).collect();
            query(
                "insert into company (id, name, currency, timezone, start_date)
                   values ('a', 'A', 'USD', 'UTC', '2026-01-01')",
            )
            .execute(&mut transaction)
            .await
            .unwrap();
            let numbered = words.iter().zip(1_i64..);
            let written = Statement::new("insert into state_count (company, state, count) ")
                .rows(numbered, |row, (word, number)| {
                    row.push_bind("a").push_bind(word).push_bind(number);
                })
                .text(" on conflict (company, state) do nothing")
                .query()
                .execute(&mut transaction)
                .await
                .unwrap();
            assert_eq!(written, u64::try_from(count).unwrap());
            let found: Vec<(String, i64)> = Statement::new("select s.state, s.count from (")
                .rows(&words, |row, word| {
                    row.push_bind(word);
                })
                .text(
                    ") as wanted cross join state_count s
                     where s.state = wanted.column1 and s.company = ",
                )
                .bind("a")
                .query()
                .fetch_all(&mut transaction)
                .await
                .unwrap();
            assert_eq!(found, words.into_iter().zip(1..).collect::<Vec<_>>());
        }
    }
}
