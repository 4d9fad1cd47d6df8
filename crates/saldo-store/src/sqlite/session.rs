//! Running statements.

use super::row::FromRow;
use crate::statement::{Query, Value};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, Row, ToSql};

/// A connection that statements are run on.
#[derive(Debug)]
pub(crate) struct Session(Connection);

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl Session {
    pub(super) fn new(connection: Connection) -> Self {
        Self(connection)
    }

    /// Runs a text that has no values and answers with nothing.
    pub(super) fn run(&self, text: &str) -> rusqlite::Result<()> {
        self.0.execute_batch(text)
    }

    /// Runs a statement, for each of its rows where it has some; returns how many rows were
    /// written.
    pub(crate) fn execute(&self, query: &Query<'_>) -> rusqlite::Result<u64> {
        let before = self.0.total_changes();
        self.each_row(query, |_| Ok(()))?;
        Ok(self.0.total_changes() - before)
    }

    /// Runs a statement, for each of its rows where it has some; returns all rows that it answers
    /// with.
    pub(crate) fn fetch<T: FromRow>(&self, query: &Query<'_>) -> rusqlite::Result<Vec<T>> {
        let mut found = Vec::new();
        self.each_row(query, |row| {
            found.push(T::from_row(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    fn each_row(
        &self,
        query: &Query<'_>,
        mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        if query.rows.as_ref().is_some_and(|rows| rows.values.is_empty()) {
            return Ok(());
        }
        let mut run = |statement: &mut CachedStatement<'_>| {
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                take(row)?;
            }
            Ok(())
        };
        let Some(rows) = &query.rows else { return run(&mut self.prepare(&query.text, query, 0)?) };
        let mut left = rows.values.as_slice();
        if let Some((text, count)) = rows.at_once(&query.text, query.values.len()) {
            let further = (count - 1) * rows.width;
            let mut statement = self.prepare(&text, query, further)?;
            let mut blocks = left.chunks_exact(count * rows.width);
            for block in &mut blocks {
                let (first, others) = block.split_at(rows.width);
                bind(&mut statement, rows.before, first)?;
                bind(&mut statement, query.values.len(), others)?;
                run(&mut statement)?;
            }
            left = blocks.remainder();
        }
        if left.is_empty() {
            return Ok(());
        }
        let mut statement = self.prepare(&query.text, query, 0)?;
        for values in left.chunks(rows.width.max(1)) {
            bind(&mut statement, rows.before, values)?;
            run(&mut statement)?;
        }
        Ok(())
    }

    /// A text ready to run, with those values that are the same for all rows. It has so many places
    /// more than the statement has values.
    fn prepare(
        &self,
        text: &str,
        query: &Query<'_>,
        further: usize,
    ) -> rusqlite::Result<CachedStatement<'_>> {
        let mut statement = self.0.prepare_cached(&numbered(text))?;
        let (given, needed) = (query.values.len() + further, statement.parameter_count());
        if given != needed {
            return Err(rusqlite::Error::InvalidParameterCount(given, needed));
        }
        bind(&mut statement, 0, &query.values)?;
        Ok(statement)
    }
}

/// A text with its values as `?1`, `?2`: in `SQLite`, `$1` is a name that says nothing of order. No
/// text of ours holds that sign for anything else.
fn numbered(text: &str) -> String {
    text.replace('$', "?")
}

/// Binds values to the places after the first ones.
fn bind(
    statement: &mut CachedStatement<'_>,
    before: usize,
    values: &[Value<'_>],
) -> rusqlite::Result<()> {
    for (place, value) in (before + 1..).zip(values) {
        statement.raw_bind_parameter(place, value)?;
    }
    Ok(())
}
