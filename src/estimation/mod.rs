//! From predictions to shares of a corpus: a random sample for coders, and shares corrected by it.
//!
//! Predicted labels err, and their errors do not cancel: counting them as they are biases a share
//! even where nine in ten are right. A [`Sample`] drawn at random and labelled by hand says by how much,
//! and [`Shares`] corrects for it. `docs/evaluation.md` has the method and how to read the intervals.

mod allocation;
mod corpus;
#[cfg(test)]
mod coverage;
mod design;
mod difference;
mod report;
mod sample;
mod shares;
mod sheet;

pub use allocation::Allocation;
pub use difference::{corrected, effective_size, Corrected, GoldStatement, StratumSize, UNSEEN_ERRORS};
pub use report::SharesReport;
pub use sample::{Sample, SampleError, SampleOptions, Sampled};
pub(crate) use shares::SLACK;
pub use shares::{GroupShares, Shares, SharesError, SharesOptions, StanceShare};
pub use sheet::{record_of, CodingSheet};

use crate::table::Row;

/// The part of the corpus that a row stands in: the value of `field`. `month` and `year` are the
/// beginning of an ISO 8601 `date` where there is no such field.
fn part_of(row: &Row, field: &str) -> Option<String> {
    let length = match field {
        _ if row.fields.contains_key(field) => return row.text(field),
        "month" => "2024-03".len(),
        "year" => "2024".len(),
        _ => return None,
    };
    let date = row.text("date")?;
    let beginning = date.get(..length)?;
    let is_digit = |(index, byte): (usize, u8)| match index {
        4 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    beginning
        .bytes()
        .enumerate()
        .all(is_digit)
        .then(|| beginning.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_years_come_from_iso_dates() {
        let row = |date: &str| Row {
            number: 1,
            fields: serde_json::json!({"date": date, "outlet": "A"})
                .as_object()
                .unwrap()
                .clone(),
        };
        assert_eq!(part_of(&row("2024-03-11"), "month").as_deref(), Some("2024-03"));
        assert_eq!(part_of(&row("1952"), "year").as_deref(), Some("1952"));
        assert_eq!(part_of(&row("1952"), "month"), None);
        assert_eq!(part_of(&row("11.03.2024"), "year"), None);
        assert_eq!(part_of(&row("2024-03-11"), "outlet").as_deref(), Some("A"));
    }
}
