//! Pictures of numbers, as SVG: each with a name, and with its numbers in a table below it.

mod donut;
mod line;
mod scale;

pub use self::donut::{DonutChart, Slice};
pub use self::line::{LineChart, Series};
pub use self::scale::nice_top;
