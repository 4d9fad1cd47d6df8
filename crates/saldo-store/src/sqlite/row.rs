//! How rows that the database answers with become values.

use rusqlite::Row;
use rusqlite::types::ValueRef;

/// What a row becomes: one value, several, or columns that are told apart when they are seen.
pub(crate) trait FromRow: Sized {
    /// The row as this.
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self>;
}

macro_rules! one {
    ($($type:ty),+) => {
        $(impl FromRow for $type {
            fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
                row.get(0)
            }
        })+
    };
}

one!(i64, String, Vec<u8>, Option<i64>, Option<String>, Option<Vec<u8>>);

macro_rules! several {
    ($($column:ident $index:tt),+) => {
        impl<$($column: rusqlite::types::FromSql),+> FromRow for ($($column,)+) {
            fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
                Ok(($(row.get::<_, $column>($index)?,)+))
            }
        }
    };
}

several!(A 0);
several!(A 0, B 1);
several!(A 0, B 1, C 2);
several!(A 0, B 1, C 2, D 3);
several!(A 0, B 1, C 2, D 3, E 4);
several!(A 0, B 1, C 2, D 3, E 4, F 5);
several!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
several!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
several!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
several!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
several!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);

/// A text, bytes or nothing, in a row of a table that is written down as it is.
pub(crate) enum Column {
    Null,
    Text(String),
    Bytes(Vec<u8>),
}

impl FromRow for Vec<Column> {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let column = |index| match row.get_ref(index)? {
            ValueRef::Null => Ok(Column::Null),
            ValueRef::Blob(bytes) => Ok(Column::Bytes(bytes.to_vec())),
            _ => Ok(Column::Text(row.get(index)?)),
        };
        (0..row.as_ref().column_count()).map(column).collect()
    }
}
