//! Saves pairs for a group: given ones, or those that matching finds.

use dr_api::matching::{DuplicateName, UnmatchedSource, UnmatchedTarget};
use dr_api::pairs::{ConfigurePairsRequest, ConfiguredPairs};
use dr_engine::{App, pairs};
use dr_error::{Error, Result};

/// Pairs that one request may give: what fits a body comfortably.
const MAX_PAIRS: usize = 10_000;

pub async fn serve(app: &App, request: ConfigurePairsRequest) -> Result<ConfiguredPairs> {
    let group = app.store().group(&request.group_id).await?;
    let saved = match request.pairs {
        Some(given) if given.is_empty() || given.len() > MAX_PAIRS => {
            return Err(Error::invalid(
                "pairs",
                format!("1 to {MAX_PAIRS} pairs, or none at all to match by name"),
            ));
        }
        Some(given) => {
            let chosen: Vec<_> = given
                .into_iter()
                .map(|pair| (pair.source_server_id, pair.target_instance_id))
                .collect();
            pairs::save_chosen(app, &group, &chosen).await?
        }
        None => {
            let tolerance = request.fuzzy_matching_tolerance.get();
            pairs::save_matched(app, &group, tolerance, request.ignore_special_characters).await?
        }
    };
    let matched = saved.matched.as_ref();
    Ok(ConfiguredPairs {
        saved: saved.saved,
        unmatched_sources: matched
            .into_iter()
            .flat_map(|matched| matched.unmatched_sources())
            .map(
                |(source_server_id, source_name_tag, reason)| UnmatchedSource {
                    source_server_id,
                    source_name_tag,
                    reason,
                },
            )
            .collect(),
        unmatched_targets: matched
            .into_iter()
            .flat_map(|matched| matched.unmatched_targets())
            .map(
                |(target_instance_id, target_name_tag, reason)| UnmatchedTarget {
                    target_instance_id,
                    target_name_tag,
                    reason,
                },
            )
            .collect(),
        duplicates: matched
            .into_iter()
            .flat_map(|matched| matched.duplicates())
            .map(|(side, name, ids)| DuplicateName {
                side: side.to_owned(),
                name,
                ids,
            })
            .collect(),
        pairs: saved.pairs,
    })
}
