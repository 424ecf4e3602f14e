//! Matches servers to instances by name.

use dr_api::matching::{
    DuplicateName, MatchInstancesRequest, MatchReport, MatchedPair, UnmatchedSource,
    UnmatchedTarget,
};
use dr_engine::{App, matching, pairs};
use dr_error::Result;
use dr_model::place::{Direction, Place};

/// Serves it.
pub async fn serve(app: &App, request: MatchInstancesRequest) -> Result<MatchReport> {
    let place = |account_id, region| Place { account_id, region };
    let wanted = matching::Request {
        direction: Direction {
            primary: place(request.primary_account_id, request.primary_region),
            recovery: place(request.dr_account_id, request.dr_region),
        },
        group_id: request.group_id,
        tolerance: request.fuzzy_matching_tolerance.get(),
        ignore_special_characters: request.ignore_special_characters,
    };
    let matched = matching::report(app, &wanted).await?;
    let choices = pairs::choices_of(&matched);
    let matched_pairs: Vec<MatchedPair> = choices
        .into_iter()
        .zip(&matched.matching.pairs)
        .map(|(choice, pair)| MatchedPair {
            source_hostname: matched
                .sources
                .get(pair.source)
                .and_then(|server| server.hostname.clone()),
            source_server_id: choice.source_server_id,
            source_name_tag: choice.source_name,
            target_instance_id: choice.target_instance_id,
            target_name_tag: choice.target_name,
            target_private_ip: choice.target_private_ip,
            match_confidence: choice.confidence,
            match_method: choice.method,
        })
        .collect();
    Ok(MatchReport {
        matched_count: matched_pairs.len(),
        matched_pairs,
        unmatched_sources: matched
            .unmatched_sources()
            .map(
                |(source_server_id, source_name_tag, reason)| UnmatchedSource {
                    source_server_id,
                    source_name_tag,
                    reason,
                },
            )
            .collect(),
        unmatched_targets: matched
            .unmatched_targets()
            .map(
                |(target_instance_id, target_name_tag, reason)| UnmatchedTarget {
                    target_instance_id,
                    target_name_tag,
                    reason,
                },
            )
            .collect(),
        duplicates: matched
            .duplicates()
            .map(|(side, name, ids)| DuplicateName {
                side: side.to_owned(),
                name,
                ids,
            })
            .collect(),
        match_rate: matched.matching.match_rate(),
        total_sources: matched.total_sources(),
        total_targets: matched.targets.len(),
    })
}
