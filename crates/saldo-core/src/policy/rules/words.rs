//! The words of a condition: one, or a list of which any will do.

use serde::de::{IntoDeserializer, SeqAccess, Visitor, value};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;

/// What a condition accepts: in a text one word, or a list of words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words<T>(Vec<T>);

impl<T> Default for Words<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Words<T> {
    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The words.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

impl Words<String> {
    /// Whether a value is one of the words. Capitals do not matter, and a `*` at the end of a
    /// word, or at its beginning, stands for whatever follows, or goes before.
    #[must_use]
    pub fn accept(&self, value: &str) -> bool {
        self.0.iter().any(|word| Self::is_like(word, value))
    }

    /// Whether a value is this word, in the same way.
    pub(in crate::policy) fn is_like(word: &str, value: &str) -> bool {
        let (word, value) = (word.to_lowercase(), value.to_lowercase());
        match (word.strip_prefix('*'), word.strip_suffix('*')) {
            (Some(rest), Some(_)) => value.contains(rest.strip_suffix('*').unwrap_or(rest)),
            (Some(end), None) => value.ends_with(end),
            (None, Some(beginning)) => value.starts_with(beginning),
            (None, None) => value == word,
        }
    }
}

impl<T: Serialize> Serialize for Words<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [only] => only.serialize(serializer),
            all => all.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Words<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMany(PhantomData))
    }
}

struct OneOrMany<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrMany<T> {
    type Value = Words<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word, or a list of words")
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Self::Value, E> {
        let word: value::StrDeserializer<'_, E> = word.into_deserializer();
        Ok(Words(vec![T::deserialize(word)?]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = list.next_element()? {
            words.push(word);
        }
        Ok(Words(words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_as_people_write_them() {
        let cases = [
            ("Mugs", "mugs", true),
            ("Mugs", "Mug", false),
            ("MUG-*", "mug-1", true),
            ("MUG-*", "MUG", false),
            ("*", "", true),
            ("Ärmel", "ÄRMEL", true),
            ("* shirt", "Linen Shirt", true),
            ("* shirt", "Shirt", false),
            ("*lin*", "Merino and linen", true),
            ("*lin*", "Oak", false),
        ];
        for (word, value, expected) in cases {
            assert_eq!(Words::is_like(word, value), expected, "{word} {value}");
        }
    }
}
