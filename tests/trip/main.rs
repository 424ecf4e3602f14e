//! The round trip: out, home, protected again, and once more, over the product's own doors.

mod agents;
mod chaos;
mod crash;
mod round;
mod trial;
