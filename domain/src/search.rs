//! Substring search whatever the case, in any script: how texts are folded before a store compares
//! them.

/// Text as it is compared: each character in lower case by itself. Without regard for its
/// neighbours, so that a part of a text folds to a part of the folded text; both forms of the
/// small sigma are one for the same reason.
pub fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .map(|letter| if letter == 'ς' { 'σ' } else { letter })
        .collect()
}

/// What a registration is found by.
pub fn search_key(name: &str, contact: &str, description: Option<&str>) -> String {
    fold(&format!("{name}\n{contact}\n{}", description.unwrap_or_default()))
}

/// What a server is found by.
pub fn server_search_key(
    name: &str,
    alias: &str,
    description: Option<&str>,
    tags: &[String],
) -> String {
    let words = tags.join("\n");
    fold(&format!("{name}\n{alias}\n{}\n{words}", description.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_text_folds_to_a_part_of_the_folded_text() {
        for (whole, part) in [("CAFÉ", "fÉ"), ("ΟΔΟΣ", "Σ"), ("Straße", "AßE")] {
            assert!(fold(whole).contains(&fold(part)), "{part} in {whole}");
        }
    }
}
