//! How large columns are compressed: as LZ4 blocks, against samples of what stands in them.
//!
//! What a shop says of one order differs little from what it says of the next, and so do their
//! entries. Compressed alone, each repeats all names of fields, products and taxes; against a
//! sample of its kind it takes a third of that. A sample is made of the first texts of a kind that
//! are stored, and never changes: it is part of what was compressed against it.
//!
//! Such a column begins with the number of its sample, zero for none, and the length of the text,
//! in four bytes each, the lowest first; the block follows.

use crate::sqlite::{Executor, Transaction};
use crate::statement::query;
use crate::{StoreError, columns};
use lz4_flex::block;
use lz4rip_encode::DictCompressorRef;
use saldo_core::text::CompanyId;
use std::collections::BTreeMap;

/// The samples of a company.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    by_number: BTreeMap<u32, Vec<u8>>,
    by_kind: BTreeMap<String, u32>,
}

impl Samples {
    /// All samples that there are: few. Whoever reads columns loads them afterwards, so that none
    /// is missing that another process made.
    pub(crate) async fn load(
        executor: impl Executor,
        company: &CompanyId,
    ) -> Result<Self, StoreError> {
        let rows: Vec<(i64, String, Vec<u8>)> =
            query("select number, kind, body from sample where company = $1")
                .bind(company.as_str())
                .fetch_all(executor)
                .await?;
        let mut samples = Self::default();
        for (number, kind, body) in rows {
            let number = columns::count("number of a sample", number)?;
            samples.by_number.insert(number, body);
            samples.by_kind.insert(kind, number);
        }
        Ok(samples)
    }

    /// Makes a sample of a kind, where there is none and these texts are enough for one of so many
    /// bytes: as long as two or three of them. A longer one makes columns hardly smaller.
    pub(crate) async fn learn<'t>(
        &mut self,
        transaction: &mut Transaction,
        company: &CompanyId,
        (kind, length): (&str, usize),
        texts: impl Iterator<Item = &'t [u8]>,
    ) -> Result<(), StoreError> {
        if self.by_kind.contains_key(kind) {
            return Ok(());
        }
        let mut body = Vec::with_capacity(length);
        for text in texts {
            let left = length - body.len();
            body.extend_from_slice(text.get(..left).unwrap_or(text));
            if body.len() == length {
                break;
            }
        }
        if body.len() < length {
            return Ok(());
        }
        let number = self.by_number.last_key_value().map_or(1, |(last, _)| last + 1);
        query("insert into sample (company, number, kind, body) values ($1, $2, $3, $4)")
            .bind(company.as_str())
            .bind(i64::from(number))
            .bind(kind)
            .bind(&body)
            .execute(&mut *transaction)
            .await?;
        self.by_number.insert(number, body);
        self.by_kind.insert(kind.to_owned(), number);
        Ok(())
    }

    /// Compresses texts of a kind, against its sample where there is one.
    pub(crate) fn compressor(&self, kind: &str) -> Compressor<'_> {
        let number = self.by_kind.get(kind).copied().unwrap_or_default();
        let sample = self.by_number.get(&number).map_or(&[][..], Vec::as_slice);
        Compressor { number, lz4: DictCompressorRef::new(sample), block: Vec::new() }
    }

    /// What was compressed, as it was.
    pub(crate) fn decompress(
        &self,
        what: &'static str,
        column: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let unreadable = |reason| StoreError::unreadable(what, reason);
        let (number, block) =
            column.split_first_chunk().ok_or_else(|| unreadable("it is cut off".to_owned()))?;
        let text = match u32::from_le_bytes(*number) {
            0 => block::decompress_size_prepended(block),
            number => {
                let sample = self.by_number.get(&number);
                let sample =
                    sample.ok_or_else(|| unreadable(format!("there is no sample {number}")))?;
                block::decompress_size_prepended_with_dict(block, sample)
            }
        };
        text.map_err(|error| unreadable(error.to_string()))
    }

    /// The same of a text in UTF-8.
    pub(crate) fn decompress_text(
        &self,
        what: &'static str,
        column: &[u8],
    ) -> Result<String, StoreError> {
        let text = String::from_utf8(self.decompress(what, column)?);
        text.map_err(|error| StoreError::unreadable(what, error))
    }
}

/// Compresses texts of one kind.
pub(crate) struct Compressor<'s> {
    /// Zero for none.
    number: u32,
    /// What it knows of the sample is worked out once.
    lz4: DictCompressorRef<'s>,
    /// Where blocks are made, to be copied at the length that they turn out to have.
    block: Vec<u8>,
}

impl Compressor<'_> {
    /// Compresses a text.
    pub(crate) fn compress(&mut self, text: &[u8]) -> Result<Vec<u8>, StoreError> {
        let unwritable = |error: &dyn std::error::Error| StoreError::Unwritable(error.to_string());
        let length = u32::try_from(text.len()).map_err(|error| unwritable(&error))?;
        let room = lz4rip_encode::get_maximum_output_size(text.len());
        self.block.resize(room.max(self.block.len()), 0);
        let written = self.lz4.compress_into(text, &mut self.block);
        let block = self.block.get(..written.map_err(|error| unwritable(&error))?);
        let head = [self.number.to_le_bytes(), length.to_le_bytes()];
        Ok([head.as_flattened(), block.unwrap_or_default()].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;
    use proptest::collection::vec as pvec;
    use proptest::prelude::*;
    use proptest::sample::Index;

    fn order(number: usize) -> Vec<u8> {
        format!(r#"{{"order":{number},"product":"Hand-thrown stoneware mug"}}"#).into_bytes()
    }

    #[tokio::test]
    async fn what_is_alike_is_small_and_read_as_it_was() {
        let store = Store::in_memory().await.unwrap();
        let (company, texts) = (CompanyId::new("demo"), (0..100).map(order).collect::<Vec<_>>());
        let mut transaction = store.begin().await.unwrap();
        query(
            "insert into company (id, name, currency, timezone, start_date)
             values ('demo', 'Demo', 'USD', 'UTC', '2026-01-01')",
        )
        .execute(&mut transaction)
        .await
        .unwrap();
        let mut samples = Samples::default();
        let before = samples.compressor("orders").compress(&texts[7]).unwrap();
        let few = texts.iter().take(3).map(Vec::as_slice);
        samples.learn(&mut transaction, &company, ("orders", 4096), few).await.unwrap();
        assert_eq!(
            samples.compressor("orders").compress(&texts[7]).unwrap(),
            before,
            "too little for a sample"
        );
        let all = texts.iter().map(Vec::as_slice);
        samples.learn(&mut transaction, &company, ("orders", 4096), all).await.unwrap();
        let after = samples.compressor("orders").compress(&texts[7]).unwrap();
        assert!(after.len() * 2 < before.len(), "{} of {}", after.len(), before.len());
        let loaded = Samples::load(&mut transaction, &company).await.unwrap();
        for column in [before, after] {
            assert_eq!(loaded.decompress("order", &column).unwrap(), texts[7]);
        }
        let others = loaded.compressor("entries").compress(&texts[7]).unwrap();
        assert_eq!(others[..4], [0; 4], "a kind without a sample");
    }

    proptest! {
        /// One crate writes blocks and another reads them, whatever was compressed before.
        #[test]
        fn what_is_compressed_is_read_by_another_hand(
            sample in pvec(any::<u8>(), 0..9_000),
            pieces in pvec((any::<Index>(), 0_usize..3_000, pvec(any::<u8>(), 0..200)), 0..30),
        ) {
            let by_number = BTreeMap::from([(7, sample.clone())]);
            let by_kind = BTreeMap::from([("kind".to_owned(), 7)]);
            let samples = Samples { by_number, by_kind };
            let mut compressor = samples.compressor("kind");
            let mut text = Vec::new();
            for (from, length, own) in pieces {
                let from = from.index(sample.len() + 1);
                text.extend(sample.iter().skip(from).take(length));
                text.extend(own);
                let column = compressor.compress(&text).unwrap();
                prop_assert_eq!(&samples.decompress("text", &column).unwrap(), &text);
            }
        }
    }

    #[test]
    fn a_column_without_its_sample_is_unreadable() {
        let error = Samples::default().decompress("order", &[9, 0, 0, 0, 0]).unwrap_err();
        assert!(error.to_string().contains("there is no sample 9"), "{error}");
        assert!(Samples::default().decompress("order", &[9]).is_err());
    }
}
