//! Pages of a list that is computed, not stored: the token is the position. Stored lists have the store's tokens.

use dr_error::{Error, FieldProblem, Result};

/// The page that begins where the token says, and the token of the next.
///
/// # Errors
/// [`Error::Invalid`] on `next_token`.
pub fn slice<T>(all: Vec<T>, limit: u32, token: Option<&str>) -> Result<(Vec<T>, Option<String>)> {
    let start = match token {
        None => 0,
        Some(text) => text
            .strip_prefix('p')
            .and_then(|position| position.parse::<usize>().ok())
            .ok_or_else(|| {
                Error::Invalid(vec![
                    FieldProblem::new("next_token", "the next_token of an earlier answer")
                        .got(text),
                ])
            })?,
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let end = start.saturating_add(limit);
    let next = (end < all.len()).then(|| format!("p{end}"));
    Ok((all.into_iter().skip(start).take(limit).collect(), next))
}

#[cfg(test)]
mod tests {
    use super::slice;

    #[test]
    fn pages_follow_one_another_without_gap_or_overlap() {
        let mut token = None;
        let mut all = Vec::new();
        loop {
            let (page, next) = slice((0..25).collect(), 10, token.as_deref()).unwrap();
            all.extend(page);
            match next {
                Some(next) => token = Some(next),
                None => break,
            }
        }
        assert_eq!(all, (0..25).collect::<Vec<_>>());
    }

    #[test]
    fn a_foreign_token_is_refused_and_one_beyond_the_end_is_an_empty_page() {
        assert!(slice(vec![1], 10, Some("x")).is_err());
        assert!(slice(vec![1], 10, Some("p-1")).is_err());
        assert_eq!(slice(vec![1], 10, Some("p99")).unwrap(), (vec![], None));
    }
}
