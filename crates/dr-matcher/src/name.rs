//! What two spellings of a name have in common: normalisation and confidence (requirement 004,
//! `_normalize_name` and `_calculate_match_confidence`).

use std::borrow::Cow;

/// The form in which names are compared: lower case, no white space at either end, every run of
/// white space one space. With `strip_special` only letters, digits and those spaces stay.
///
/// Normalising twice changes nothing.
pub fn normalize_name(name: &str, strip_special: bool) -> String {
    let mut out = String::with_capacity(name.len());
    let mut gap = false;
    let mut push = |letter: char| {
        if letter.is_whitespace() {
            gap = true;
        } else if !strip_special || letter.is_alphanumeric() {
            if gap && !out.is_empty() {
                out.push(' ');
            }
            gap = false;
            out.push(letter);
        }
    };
    for letter in name.chars() {
        if letter.is_ascii() {
            push(letter.to_ascii_lowercase());
        } else {
            letter.to_lowercase().for_each(&mut push);
        }
    }
    out
}

/// How sure it is that two names mean one machine: 1.0 for names equal after [`normalize_name`]
/// (special characters kept), 0.0 for names with nothing in common; in between one minus the
/// Levenshtein distance over the longer name's length, both counted in characters. Symmetric.
pub fn confidence(a: &str, b: &str) -> f64 {
    similarity(&normalize_name(a, false), &normalize_name(b, false))
}

/// [`confidence`] of names that are normalised already.
pub(crate) fn similarity(a: &str, b: &str) -> f64 {
    let distance = rapidfuzz::distance::levenshtein::distance(a.chars(), b.chars());
    share(distance, a.chars().count().max(b.chars().count()))
}

/// The confidence of a distance when the longer name has `longer` characters.
pub(crate) fn share(distance: usize, longer: usize) -> f64 {
    if longer == 0 {
        return 1.0;
    }
    // Names are far below 2^53 characters: the conversions are exact.
    1.0 - distance as f64 / longer as f64
}

/// A name as requirement 004 counts one: present and, once normalised, not empty.
pub(crate) fn usable(name: Option<&str>, strip_special: bool) -> Option<String> {
    let normal = normalize_name(name?, strip_special);
    (!normal.is_empty()).then_some(normal)
}

/// A name in quotes for a message, shortened where somebody stored an essay in the tag.
pub(crate) fn quoted(name: &str) -> Cow<'_, str> {
    const SHOWN: usize = 64;
    match name.char_indices().nth(SHOWN) {
        Some((end, _)) => Cow::Owned(format!("{}…", name.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Requirement 004: test_normalize_name
    #[test]
    fn case_and_white_space_do_not_distinguish_names() {
        assert_eq!(
            normalize_name("  Web\t Server\n\n01 ", false),
            "web server 01"
        );
        assert_eq!(normalize_name("ÜBER-Straße", false), "über-straße");
        assert_eq!(normalize_name(" \u{a0} ", false), "");
    }

    // Requirement 004: test_normalize_name (special characters are optional)
    #[test]
    fn special_characters_go_only_when_asked() {
        assert_eq!(
            normalize_name("Web_Server-01.(a)", false),
            "web_server-01.(a)"
        );
        assert_eq!(normalize_name("Web_Server-01.(a)", true), "webserver01a");
        assert_eq!(normalize_name("a - b", true), "a b");
        assert_eq!(normalize_name("--", true), "");
    }

    // Requirement 004: test_calculate_match_confidence
    #[test]
    fn confidence_falls_with_every_edit() {
        let close = |a: &str, b: &str, expected: f64| {
            assert!((confidence(a, b) - expected).abs() < 1e-12, "{a} {b}");
        };
        close("web01", "WEB01 ", 1.0);
        close("web01", "web02", 0.8);
        close("web01", "web0", 0.8);
        close("web01", "bew01", 0.6);
        close("abc", "xyz", 0.0);
        close("", "", 1.0);
        close("", "abc", 0.0);
        close("größe", "grösse", 1.0 - 2.0 / 6.0);
    }
}
