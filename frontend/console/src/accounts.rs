//! The registered accounts, and the places in them that a person chooses from.

use dr_api::accounts::{ListRequest, ListTargetAccounts, TargetAccountView};
use dr_model::place::Place;
use ui::{Choice, Problem};

use crate::api::Authorised;

/// Every registered account.
///
/// # Errors
/// What the API answers.
pub async fn accounts(api: Authorised) -> Result<Vec<TargetAccountView>, Problem> {
    api.all::<ListTargetAccounts, _>(&ListRequest::default(), |page| {
        (page.target_accounts, page.next_token)
    })
    .await
}

fn places_of(account: &TargetAccountView) -> impl Iterator<Item = Place> + '_ {
    account.regions.iter().map(|region| Place {
        account_id: account.account_id.clone(),
        region: region.clone(),
    })
}

/// Every region that is in use, of every account, in order.
#[must_use]
pub fn places(accounts: &[TargetAccountView]) -> Vec<Place> {
    accounts.iter().flat_map(places_of).collect()
}

/// The same, to choose from: the value of a choice is read as a [`Place`].
#[must_use]
pub fn place_choices(accounts: &[TargetAccountView]) -> Vec<Choice> {
    let of = |account: &TargetAccountView| {
        let choice = |place: Place| {
            let text = format!("{} ({}), {}", account.name, place.account_id, place.region);
            Choice::new(place.to_string(), text)
        };
        places_of(account).map(choice).collect::<Vec<_>>()
    };
    accounts.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use dr_api::accounts::TargetAccountView;
    use dr_model::place::Place;
    use serde_json::json;

    use super::{place_choices, places};

    #[test]
    fn every_region_in_use_is_a_place_and_its_choice_is_read_as_that_place() {
        let at = "2026-01-01T00:00:00Z";
        let accounts: Vec<TargetAccountView> = serde_json::from_value(json!([{
            "account_id": "111122223333", "name": "home", "regions": ["us-east-1", "us-west-2"], "description": "", "external_id": "x",
            "created_at": at, "updated_at": at, "version": 1,
        }]))
        .unwrap();
        let choices = place_choices(&accounts);
        assert_eq!(choices[0].text, "home (111122223333), us-east-1");
        let read: Vec<Place> = choices
            .iter()
            .map(|choice| choice.value.parse().unwrap())
            .collect();
        assert_eq!(read, places(&accounts));
        assert_eq!(read.len(), 2);
    }
}
