//! What the list says of a group.

use dr_model::group::Selection;

/// How its servers are chosen.
#[must_use]
pub fn selection_kind(selection: &Selection) -> &'static str {
    match selection {
        Selection::ServerIds(_) => "Servers",
        Selection::Tags(_) => "Tags",
    }
}

/// Which they are: `3 servers`, `Tier=web, Env=prod`.
#[must_use]
pub fn selection_text(selection: &Selection) -> String {
    match selection {
        Selection::ServerIds(ids) if ids.len() == 1 => "1 server".to_owned(),
        Selection::ServerIds(ids) => format!("{} servers", ids.len()),
        Selection::Tags(tags) => tags
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// Why nothing can be deleted: none if it can.
#[must_use]
pub fn why_not_delete(chosen: usize) -> Option<String> {
    (chosen == 0).then(|| "Select groups first".to_owned())
}

/// What was done, in words.
#[must_use]
pub fn deleted(count: usize) -> String {
    if count == 1 {
        "Deleted 1 protection group".to_owned()
    } else {
        format!("Deleted {count} protection groups")
    }
}

#[cfg(test)]
mod tests {
    use dr_model::group::Selection;

    use super::{deleted, selection_text, why_not_delete};

    #[test]
    fn a_selection_is_said_in_words() {
        let tags = Selection::Tags(
            [
                ("Tier".to_owned(), "web".to_owned()),
                ("Env".to_owned(), "prod".to_owned()),
            ]
            .into(),
        );
        assert_eq!(selection_text(&tags), "Env=prod, Tier=web");
        let one = Selection::ServerIds(["s-00000000000000001".parse().unwrap()].into());
        assert_eq!(selection_text(&one), "1 server");
    }

    #[test]
    fn nothing_chosen_is_nothing_to_delete() {
        assert!(why_not_delete(0).is_some());
        assert_eq!(why_not_delete(2), None);
        assert_eq!(deleted(2), "Deleted 2 protection groups");
    }
}
