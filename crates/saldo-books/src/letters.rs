//! Letters that every reader knows: those of code page 1252, on one line.

use encoding_rs::WINDOWS_1252;

/// A text on one line, in letters of code page 1252: what else there is, is written in the letters
/// that come nearest. Runs of blanks become one, and signs that are no letters go.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() || letter.is_whitespace() {
            plain.push(' ');
        } else if is_known(letter) {
            plain.push(letter);
        } else {
            plain.push_str(any_ascii::any_ascii_char(letter));
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The beginning of a text, of as many letters at most.
pub(crate) fn beginning(text: &str, most: usize) -> String {
    text.chars().take(most).collect::<String>().trim_end().to_owned()
}

/// The bytes of a text of which every letter is [`plain`].
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    WINDOWS_1252.encode(text).0.into_owned()
}

fn is_known(letter: char) -> bool {
    let mut letters = [0; 4];
    !WINDOWS_1252.encode(letter.encode_utf8(&mut letters)).2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_the_code_page_lacks_is_written_in_other_letters() {
        let cases = [
            ("Zażółć gęślą – „jaźń”", "Zazólc gesla – „jazn”"),
            ("Æblegrød & Mälzer 5 €", "Æblegrød & Mälzer 5 €"),
            ("one\r\n two\t\u{0}three\u{85}", "one two three"),
            ("Ελλάδα", "Ellada"),
            ("東京", "DongJing"),
            ("zero\u{200b}width", "zerowidth"),
        ];
        for (text, wanted) in cases {
            assert_eq!(plain(text), wanted);
        }
        assert_eq!(bytes("5 €, Mälzer"), b"5 \x80, M\xe4lzer");
        assert_eq!(beginning("Mug, blue", 5), "Mug,");
    }

    proptest! {
        #[test]
        fn every_text_has_bytes_without_controls(text in any::<String>()) {
            let plain = plain(&text);
            let bytes = bytes(&plain);
            prop_assert_eq!(bytes.len(), plain.chars().count());
            prop_assert!(bytes.iter().all(|byte| *byte >= b' ' && *byte != 0x7f), "{:?}", bytes);
            let (read, _, failed) = WINDOWS_1252.decode(&bytes);
            prop_assert!(!failed);
            prop_assert_eq!(read, plain);
        }
    }
}
