//! Finding A2.

use dr_model::replication::ReplicationDirection;
use dr_model::server::{ReplicationState, SourceServer};
use dr_model::session::{MappedBy, Stage};

use super::WaysBack;
use crate::sessions::samples::{a2, replication, server};

fn nameless(name: &str) -> SourceServer {
    SourceServer {
        origin_instance_id: None,
        hostname: Some(name.into()),
        ..a2(replication(ReplicationState::Continuous, 100, 0))
    }
}

#[test]
fn a_name_is_the_last_resort_and_must_be_the_only_one() {
    let server = server(Stage::Reversing);
    let one = WaysBack::of(vec![nameless("web-1")]);
    assert_eq!(
        one.find(&server, None).map(|(_, by)| by),
        Some(MappedBy::Name)
    );
    let mut second = nameless("web-1");
    second.id = "s-33333333333333333".parse().unwrap();
    let two = WaysBack::of(vec![nameless("web-1"), second]);
    assert!(two.find(&server, None).is_none());
}

#[test]
fn a_server_that_stands_for_another_instance_is_not_found_by_name() {
    let mut other = nameless("web-1");
    other.origin_instance_id = "i-0000000000000000c".parse().ok();
    assert!(
        WaysBack::of(vec![other])
            .find(&server(Stage::Reversing), None)
            .is_none()
    );
}

#[test]
fn only_what_replicates_back_is_a_way_back() {
    let forward = SourceServer {
        direction: ReplicationDirection::Failover,
        ..a2(replication(ReplicationState::Continuous, 100, 0))
    };
    let archived = SourceServer {
        is_archived: true,
        ..a2(replication(ReplicationState::Continuous, 100, 0))
    };
    for unfit in [forward, archived] {
        assert!(
            WaysBack::of(vec![unfit])
                .find(&server(Stage::Reversing), None)
                .is_none()
        );
    }
}
