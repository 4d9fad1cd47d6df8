//! Tags of an order, which files tell in one text.

/// The tags, which stand in one text between commas.
pub(super) fn tags(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn tags_stand_between_commas() {
        assert_eq!(super::tags("wholesale, Net 30 ,,vip"), ["wholesale", "Net 30", "vip"]);
        assert!(super::tags("").is_empty());
    }
}
