//! Tables are made, and brought up to date, by migrations that are built into the program.

use crate::StoreError;
use rusqlite::{Connection, TransactionBehavior};

/// All migrations, from the first on. One that was released is never changed.
const MIGRATIONS: [&str; 2] = [
    include_str!("../../migrations/sqlite/0001_first.sql"),
    include_str!("../../migrations/sqlite/0002_wording.sql"),
];

/// Runs the migrations that the database has not seen, in one transaction.
///
/// # Errors
/// [`StoreError::OtherTables`] where it has seen others than ours.
pub(super) fn run(connection: &mut Connection) -> Result<(), StoreError> {
    if seen(connection)? == MIGRATIONS.len() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "create table if not exists migration (number integer primary key, hash blob not null)
         strict",
    )?;
    for (number, text) in (1_i64..).zip(MIGRATIONS).skip(seen(&transaction)?) {
        transaction.execute_batch(text)?;
        let hash = blake3::hash(text.as_bytes());
        let insert = "insert into migration (number, hash) values (?1, ?2)";
        transaction.execute(insert, (number, hash.as_bytes()))?;
    }
    Ok(transaction.commit()?)
}

/// How many migrations the database has seen.
fn seen(connection: &Connection) -> Result<usize, StoreError> {
    if !connection.table_exists(None, "migration")? {
        return Ok(0);
    }
    let mut query = connection.prepare("select hash from migration order by number")?;
    let hashes = query.query_map((), |row| row.get(0))?;
    let hashes: Vec<[u8; 32]> = hashes.collect::<rusqlite::Result<_>>()?;
    let ours = MIGRATIONS.iter().map(|text| *blake3::hash(text.as_bytes()).as_bytes());
    match hashes.len() <= MIGRATIONS.len() && hashes.iter().zip(ours).all(|(one, our)| *one == our)
    {
        true => Ok(hashes.len()),
        false => Err(StoreError::OtherTables),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_made_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection).unwrap();
        run(&mut connection).unwrap();
        assert_eq!(seen(&connection).unwrap(), MIGRATIONS.len());
    }

    #[test]
    fn tables_of_another_version_are_left_alone() {
        let changes = [
            "update migration set hash = zeroblob(32)",
            "insert into migration select max(number) + 1, zeroblob(32) from migration",
        ];
        for change in changes {
            let mut connection = Connection::open_in_memory().unwrap();
            run(&mut connection).unwrap();
            connection.execute_batch(change).unwrap();
            let refused = run(&mut connection);
            assert!(matches!(refused, Err(StoreError::OtherTables)), "{change}: {refused:?}");
        }
    }

    #[test]
    fn another_program_s_database_is_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("create table company (id integer)").unwrap();
        run(&mut connection).unwrap_err();
        assert!(!connection.table_exists(None, "record").unwrap());
    }
}
