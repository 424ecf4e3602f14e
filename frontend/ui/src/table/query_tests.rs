//! Filters, order and pages, and their way through the URL.

use std::sync::Arc;

use super::{Property, Query, page_of};
use crate::table::Column;
use crate::table::column::{Head, Read, Reading};

type Row = (&'static str, &'static str, Option<f64>);

const ROWS: [Row; 4] = [
    ("web-2", "us-west-2", Some(10.0)),
    ("Web-1", "us-east-1", None),
    ("db-1", "us-west-2", Some(9.0)),
    ("app-1", "eu-west-1", Some(100.0)),
];

fn columns() -> Vec<Column<Row>> {
    vec![
        Column::new("name", "Name", |row: &Row| row.0.to_owned()),
        Column::new("region", "Region", |row: &Row| row.1.to_owned()).filter(),
        Column::new("lag", "Lag", |row: &Row| format!("{:?}", row.2)).number(|row| row.2),
    ]
}

/// The places of the rows that a query asks for.
fn arranged(query: &Query) -> Vec<usize> {
    let columns = columns();
    let heads: Vec<Head> = columns.iter().map(|column| column.head).collect();
    let reading = Arc::new(Reading {
        columns,
        key: |row: &Row| row.0.to_owned(),
    });
    let rows = Arc::new(ROWS.to_vec());
    query.arrange(&Read { rows, reading }, &heads)
}

fn property(column: &str, value: &str) -> Property {
    Property {
        column: column.to_owned(),
        value: value.to_owned(),
    }
}

#[test]
fn text_is_looked_for_in_every_column_and_in_any_case() {
    let query = Query {
        text: " WEB ".to_owned(),
        ..Query::default()
    };
    assert_eq!(arranged(&query), [0, 1]);
}

#[test]
fn properties_of_one_column_are_alternatives_and_of_several_all_are_needed() {
    let mut query = Query {
        properties: vec![
            property("region", "US-WEST-2"),
            property("region", "eu-west-1"),
        ],
        ..Query::default()
    };
    assert_eq!(arranged(&query), [0, 2, 3]);
    query.properties.push(property("name", "db-1"));
    assert_eq!(arranged(&query), [2]);
    query.properties = vec![property("gone", "x")];
    assert_eq!(arranged(&query).len(), 4);
}

#[test]
fn numbers_sort_as_numbers_and_the_unknown_comes_last() {
    let query = Query {
        sort: Some("lag".to_owned()),
        ..Query::default()
    };
    assert_eq!(arranged(&query), [2, 0, 3, 1]);
}

#[test]
fn a_head_turns_up_down_and_off() {
    let mut query = Query::default();
    query.turn("name");
    assert_eq!(arranged(&query), [3, 2, 1, 0]);
    query.turn("name");
    assert!(query.is_descending);
    query.turn("name");
    assert_eq!(query, Query::default());
}

#[test]
fn what_is_asked_survives_the_url() {
    let query = Query {
        text: "a b".to_owned(),
        properties: vec![property("region", "us-west-2")],
        sort: Some("lag".to_owned()),
        is_descending: true,
        page: 2,
    };
    let written = query.write("p.");
    let pairs = written
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    assert_eq!(Query::read("p.", pairs), query);
    assert!(written.iter().all(|(name, _)| Query::owns("p.", name)));
    assert_eq!(Query::default().write(""), Vec::new());
}

#[test]
fn a_page_that_is_gone_is_the_last_one() {
    let found: Vec<usize> = (0..25).collect();
    assert_eq!(page_of(&found, 7, 10), (2, &found[20..]));
    assert_eq!(page_of(&[], 3, 10), (0, &[][..]));
}
