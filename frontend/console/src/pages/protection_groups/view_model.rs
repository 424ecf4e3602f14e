//! What the list says of a group.

use dr_model::group::Selection;

use crate::words::{self, counted};

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
        Selection::ServerIds(ids) => counted(ids.len(), "server"),
        Selection::Tags(tags) => words::tags(tags),
    }
}

#[cfg(test)]
mod tests {
    use dr_model::group::Selection;

    use super::selection_text;

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
}
