//! Lists machines that an agent could be installed on.

use dr_api::agents::{
    AgentCandidateList, AgentCandidateView, ListAgentCandidatesRequest, ProtectionView,
};
use dr_engine::App;
use dr_engine::agents::{Candidate, Protection, candidates};
use dr_error::Result;
use dr_invoke::page::slice;
use dr_model::place::Place;

pub async fn serve(app: &App, request: ListAgentCandidatesRequest) -> Result<AgentCandidateList> {
    let place = Place {
        account_id: request.account_id,
        region: request.region,
    };
    let all = candidates(app, &place, request.include_on_premises).await?;
    let total = all.len();
    let (page, next_token) = slice(all, request.limit.get(), request.next_token.as_deref())?;
    Ok(AgentCandidateList {
        candidates: page.into_iter().map(view).collect(),
        total,
        next_token,
    })
}

fn view(candidate: Candidate) -> AgentCandidateView {
    AgentCandidateView {
        machine_id: candidate.machine_id,
        name: candidate.name,
        platform: candidate.platform,
        os: candidate.os,
        instance_state: candidate.state,
        ssm_status: candidate.ssm_status,
        protections: candidate.protections.into_iter().map(protection).collect(),
        can_install: candidate.can_install,
        reasons_not: candidate.reasons_not,
    }
}

fn protection(protection: Protection) -> ProtectionView {
    ProtectionView {
        place: protection.place,
        source_server_id: protection.source_server_id,
        is_connected: protection.is_connected,
    }
}
